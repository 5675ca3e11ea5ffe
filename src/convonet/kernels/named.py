"""Kernels by name, and kernels read from their rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ParamError, nearest

Show = Literal["clip", "absolute", "middle", "stretch"]
"""How a map becomes a picture: cut to 0..255; the size without the sign; 128 for zero; largest value white."""

Rows = tuple[tuple[float, ...], ...]
_DETECTORS = ("color:", "colour:")
"""The first is shown; the other spelling is read as well."""
_MAX_SIDE = 101
_FINEST = 1000


@dataclass(frozen=True)
class Kernel:
    """Weights with a name.

    Attributes:
        rows: the weights of a kernel that slides over each channel; of a colour detector, one row with a
            weight for red, green and blue.
        about: what it shows.
        show: how its map becomes a picture.
        detector: it is a colour detector: 1×1, summing over the channels.
    """

    name: str
    rows: Rows
    about: str
    show: Show = "clip"
    detector: bool = False

    @property
    def text(self) -> str:
        """The weights as `kernel_of` reads them; a share of one as a fraction, such as 1/9."""
        rows = " / ".join(" ".join(map(_written, row)) for row in self.rows)
        return f"{_DETECTORS[0]}{rows.replace(' ', ',')}" if self.detector else rows

    @property
    def weights(self) -> NDArray[np.float64]:
        """(F, G), of a colour detector (1, 1, 3)."""
        array = np.array(self.rows, np.float64)
        return array.reshape(1, 1, -1) if self.detector else array


def _written(value: float) -> str:
    # A float such as 1/9 is not exact: taken as it is, its fraction has a denominator of 17 digits.
    return str(Fraction(value).limit_denominator(_FINEST))


def _box(side: int) -> Rows:
    return ((1 / side**2,) * side,) * side


_ALL = (
    Kernel("identity", ((0, 0, 0), (0, 1, 0), (0, 0, 0)), "Leaves the image as it is."),
    Kernel("blur", _box(3), "Mean of nine pixels: softens noise and edges."),
    Kernel("box_blur_5", _box(5), "Mean of 25 pixels."),
    Kernel(
        "gaussian_blur",
        tuple(tuple(a * b / 16 for b in (1, 2, 1)) for a in (1, 2, 1)),
        "Weighted mean in which closer pixels count more.",
    ),
    Kernel(
        "sharpen",
        ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        "Strengthens differences between neighboring pixels.",
    ),
    Kernel(
        "edge",
        ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
        "Edges in all directions; 0 in uniform regions.",
        "absolute",
    ),
    Kernel(
        "laplacian",
        ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
        "Difference between a pixel and its four neighbors.",
        "absolute",
    ),
    Kernel("vertical_edge", ((-1, 0, 1),) * 3, "Right minus left: vertical edges.", "absolute"),
    Kernel(
        "horizontal_edge",
        ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
        "Below minus above: horizontal edges.",
        "absolute",
    ),
    Kernel(
        "sobel_x",
        ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
        "Vertical edges; the middle row counts twice.",
        "absolute",
    ),
    Kernel(
        "sobel_y",
        ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
        "Horizontal edges; the middle column counts twice.",
        "absolute",
    ),
    Kernel("emboss", ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)), "A relief lit from one corner."),
    Kernel(
        "yellow",
        ((1, 1, -1),),
        "Red plus green minus blue, at one pixel: largest for yellow.",
        "stretch",
        detector=True,
    ),
)
KERNELS: dict[str, Kernel] = {kernel.name: kernel for kernel in _ALL}


def kernel_of(text: str) -> Kernel:
    """A kernel by its name or its own rows.

    Args:
        text: a name; or rows parted by `/`, `;` or line ends with numbers parted by spaces or commas, such as
            `-1 0 1 / -1 0 1 / -1 0 1`; or `color:1,1,-1`, one weight for each of red, green, blue. Numbers may
            be fractions: `1/9` without spaces.

    Raises:
        ParamError: no such name, or rows that cannot be read.
    """
    known = KERNELS.get(text.strip().lower().replace("-", "_").replace(" ", "_"))
    if known is not None:
        return known
    body = text.strip()
    detector = body.lower().startswith(_DETECTORS)
    # Without a digit it was meant as a name, and a similar name helps more than an error about rows.
    if not detector and not any(character.isdigit() for character in body):
        near = nearest(text, KERNELS)
        raise ParamError(
            "There is no such kernel",
            expected=f"{', '.join(KERNELS)}, or rows such as -1 0 1 / -1 0 1 / -1 0 1",
            received=text,
            hint=f"Did you mean {near}?" if near else None,
        )
    rows = _rows(body.partition(":")[2] if detector else body, text)
    if detector:
        if len(rows) != 1 or len(rows[0]) != 3:
            raise ParamError("A color detector needs three weights", expected="color:R,G,B", received=text)
        return Kernel("own", rows, "Custom color detector.", "stretch", detector=True)
    # Weights that sum to 0 respond to edges with both signs, and clipping would lose half of them.
    even = math.isclose(sum(map(sum, rows)), 0, abs_tol=1e-9)
    return Kernel("own", rows, "Custom kernel.", "absolute" if even else "clip")


def _rows(body: str, given: str) -> Rows:
    # Only a slash between spaces separates rows: in 1/9 it is part of a fraction.
    lines = body.replace(" / ", "\n").replace(";", "\n").replace("\n/", "\n").splitlines()
    try:
        rows = tuple(tuple(_number(item) for item in line.replace(",", " ").split()) for line in lines)
    except (ValueError, ZeroDivisionError) as error:
        raise ParamError(
            "The rows of the kernel cannot be read",
            expected="rows separated by ' / ', numbers by spaces, such as -1 0 1 / -1 0 1 / -1 0 1",
            received=given,
        ) from error
    widths = {len(row) for row in rows}
    if len(widths) != 1 or not 1 <= max(len(rows), *widths) <= _MAX_SIDE or 0 in widths:
        raise ParamError(
            "The rows of the kernel have different lengths",
            expected=f"1 to {_MAX_SIDE} numbers in every row",
            received=", ".join(str(len(row)) for row in rows),
        )
    return rows


def _number(text: str) -> float:
    above, _, below = text.partition("/")
    value = float(above) / (float(below) if below else 1.0)
    # float() also reads `nan` and `inf`.
    if not math.isfinite(value):
        raise ValueError(text)
    return value
