"""Convolution arithmetic: output sizes, padding, parameters, and how far a value looks.

Source: V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning (2016); "same" as in
Keras, where the output has ⌈W / S⌉ values and the odd row of padding stands at the end.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from convonet.errors import ParamError

Padding = Literal["valid", "same"]


class MapSize(NamedTuple):
    """The shape of the maps between two layers; height and width are 1 behind `flatten`."""

    height: int
    width: int
    channels: int

    @property
    def text(self) -> str:
        """Such as `28 × 28 × 6`."""
        return f"{self.height} × {self.width} × {self.channels}"

    @property
    def values(self) -> int:
        """How many numbers the maps hold."""
        return self.height * self.width * self.channels


class LayerSize(NamedTuple):
    """What one layer makes of its input.

    Attributes:
        text: the layer as it was asked for.
        output: the shape behind it.
        params: weights and biases.
        receptive_field: side of the square of the image that one value looks at, in pixels, borders not
            cut off; None behind `flatten`, where a value looks at all of it.
        jump: how far apart in the image neighbouring values look, in pixels; None behind `flatten`.
        multiply_adds: of one image.
    """

    text: str
    output: MapSize
    params: int
    receptive_field: int | None
    jump: int | None
    multiply_adds: int


def output_side(side: int, kernel: int, stride: int = 1, padding: Padding = "valid") -> int:
    """Length of a map's side behind a window that slides over it.

    Valid: (W − F) / S + 1, rounded down. Same: W / S, rounded up.

    Args:
        side: W, 1 or more.
        kernel: F, 1 or more.
        stride: S, 1 or more.
        padding: `valid` or `same`.

    Raises:
        ParamError: a number below 1, or a kernel that does not fit without padding.
    """
    small = {name: value for name, value in _named(side, kernel, stride) if value < 1}
    if small:
        raise ParamError.of({n: f"{n}: expected 1 or more, received {v}" for n, v in small.items()})
    if padding == "same":
        # Floor division of the negative rounds up in whole numbers, without a detour through floats.
        return -(-side // stride)
    if kernel > side:
        raise ParamError.of(
            {"kernel": f"kernel: expected at most {side}, the side length of the input, received {kernel}"}
        )
    return (side - kernel) // stride + 1


def same_padding(side: int, kernel: int, stride: int = 1) -> tuple[int, int]:
    """Zeros before and behind a side, with which "same" gives W / S, rounded up.

    Raises:
        ParamError: a number below 1.
    """
    # A stride above the kernel size may skip the end of the side, and the sum would be negative.
    total = max((output_side(side, kernel, stride, "same") - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def conv_params(kernel: tuple[int, int], channels: int, filters: int, *, bias: bool = True) -> int:
    """Parameters of a convolution: (F · F · C_in + 1) · C_out, the 1 being the bias."""
    return (kernel[0] * kernel[1] * channels + bias) * filters


def _named(side: int, kernel: int, stride: int) -> tuple[tuple[str, int], ...]:
    return ("side", side), ("kernel", kernel), ("stride", stride)
