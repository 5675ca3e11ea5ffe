"""A window that slides over an image: what a convolution layer and a pooling layer compute.

As in every deep-learning library, the kernel is not flipped (mathematics calls that cross-correlation).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from convonet.errors import ParamError
from convonet.kernels.arithmetic import Padding, output_side, same_padding
from convonet.text import counted

FloatArray = NDArray[np.float64]
Pooling = Literal["max", "average"]


class KernelStep(NamedTuple):
    """One place of the window.

    Attributes:
        row, column: the value's place in the output.
        window: the part of the (padded) image below the kernel, in the kernel's shape.
        weights: the kernel.
        value: the sum of their products, and the bias.
    """

    row: int
    column: int
    window: FloatArray
    weights: FloatArray
    value: float

    @property
    def products(self) -> FloatArray:
        """Window times weights, each by each."""
        return self.window * self.weights

    @property
    def sentence(self) -> str:
        """Such as `row 1, column 2: 1·(-1) + 0·0 + 1·1 = 0`, without the terms whose weight is 0."""
        pairs = zip(self.window.ravel().tolist(), self.weights.ravel().tolist(), strict=True)
        terms = [f"{x:g}·({w:g})" if w < 0 else f"{x:g}·{w:g}" for x, w in pairs if w]
        return f"row {self.row}, column {self.column}: {' + '.join(terms) or '0'} = {self.value:g}"


def convolve(
    image: ArrayLike, weights: ArrayLike, *, stride: int = 1, padding: Padding = "valid", bias: float = 0.0
) -> FloatArray:
    """The map that one kernel makes, or the maps that several make.

    Computed in float64: in the image's own uint8 a sum beyond 255 would start again at 0.

    Args:
        image: (H, W) or (H, W, C), any numbers.
        weights: (F, G) for a grey image; (F, G, C), which sums over the channels; (F, G, C, K) for K maps.
        stride: 1 or more.
        padding: `valid`, or `same` with zeros around the image.
        bias: added to every value.

    Returns:
        (H', W'), or (H', W', K).

    Raises:
        ParamError: shapes that do not fit.
    """
    pixels, kernel = _fitting(image, weights)
    windows = _windows(pixels, kernel.shape[:2], stride, padding)
    maps: FloatArray = np.tensordot(windows, kernel, axes=3) + bias
    return maps if np.ndim(weights) == 4 else maps[..., 0]


def steps(
    image: ArrayLike, weights: ArrayLike, *, stride: int = 1, padding: Padding = "valid", bias: float = 0.0
) -> Iterator[KernelStep]:
    """Every place of one kernel, row by row; arguments and errors as `convolve`, without (F, G, C, K)."""
    pixels, kernel = _fitting(image, weights, maps=False)
    windows = _windows(pixels, kernel.shape[:2], stride, padding)
    for row, column in np.ndindex(*windows.shape[:2]):
        yield _step(row, column, windows, np.asarray(weights, np.float64), bias)


def step_at(
    image: ArrayLike,
    weights: ArrayLike,
    row: int,
    column: int,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    bias: float = 0.0,
) -> KernelStep:
    """The one place (row, column) of the output; arguments as `steps`.

    Raises:
        ParamError: shapes that do not fit, or a place outside the output.
    """
    pixels, kernel = _fitting(image, weights, maps=False)
    windows = _windows(pixels, kernel.shape[:2], stride, padding)
    height, width = windows.shape[:2]
    if not (0 <= row < height and 0 <= column < width):
        raise ParamError(
            "The output has no such position",
            expected=f"rows 0 to {height - 1}, columns 0 to {width - 1}",
            received=f"row {row}, column {column}",
        )
    return _step(row, column, windows, np.asarray(weights, np.float64), bias)


def pool(image: ArrayLike, size: int = 2, *, stride: int | None = None, kind: Pooling = "max") -> FloatArray:
    """The largest or the mean value of each window, without padding; rows left over are dropped.

    Args:
        image: (H, W), or (H, W, C), whose channels are pooled apart.
        size: side of the window, 1 or more.
        stride: `size` when None.
        kind: `max` or `average`.

    Raises:
        ParamError: another shape, or a window that does not fit.
    """
    pixels = _image(image)
    windows = _windows(pixels, (size, size), size if stride is None else stride, "valid")
    maps: FloatArray = windows.max(axis=(2, 3)) if kind == "max" else windows.mean(axis=(2, 3))
    return maps if np.ndim(image) == 3 else maps[..., 0]


def _windows(
    pixels: FloatArray, kernel: tuple[int, ...], stride: int, padding: Padding
) -> NDArray[np.float64]:
    """A view of shape (H', W', F, G, C): every part of the image that the kernel comes to lie on."""
    sides = [output_side(pixels.shape[axis], kernel[axis], stride, padding) for axis in (0, 1)]
    if padding == "same":
        around = [same_padding(pixels.shape[axis], kernel[axis], stride) for axis in (0, 1)]
        pixels = np.pad(pixels, [*around, (0, 0)])
    every = sliding_window_view(pixels, kernel, axis=(0, 1))
    chosen: NDArray[np.float64] = np.moveaxis(every, 2, -1)[::stride, ::stride]
    return chosen[: sides[0], : sides[1]]


def _step(row: int, column: int, windows: FloatArray, weights: FloatArray, bias: float) -> KernelStep:
    window = windows[row, column].reshape(weights.shape)
    return KernelStep(row, column, window, weights, float(np.sum(window * weights)) + bias)


def _image(image: ArrayLike) -> FloatArray:
    """(H, W, C) float64."""
    pixels = np.asarray(image, np.float64)
    if pixels.ndim not in (2, 3) or not pixels.size:
        raise ParamError(
            "The array is not an image", expected="shape (H, W) or (H, W, C)", received=pixels.shape
        )
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _fitting(image: ArrayLike, weights: ArrayLike, *, maps: bool = True) -> tuple[FloatArray, FloatArray]:
    """The image as (H, W, C) and the weights as (F, G, C, K)."""
    pixels, kernel = _image(image), np.asarray(weights, np.float64)
    # Taken before axes are added, so that the error shows the shape as the caller gave it.
    given: tuple[Any, ...] = kernel.shape
    if kernel.ndim == 2:
        kernel = kernel[..., None]
    if kernel.ndim == 3:
        kernel = kernel[..., None]
    elif not maps:
        # An empty array fails the check below and gets the same error as any other shape.
        kernel = np.empty(0)
    if kernel.ndim != 4 or kernel.shape[2] != pixels.shape[2]:
        raise ParamError(
            "The kernel does not fit the image",
            expected=f"weights for {counted(pixels.shape[2], 'channel')}",
            received=f"weights of shape {given}",
        )
    return pixels, kernel
