"""A kernel on a picture: the map in numbers, and the map as a picture again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.errors import DataError
from convonet.json_values import JsonObject
from convonet.kernels.arithmetic import Padding
from convonet.kernels.named import Kernel, Show
from convonet.kernels.sliding import FloatArray, KernelStep, Pooling, convolve, pool, step_at

GREY = np.array([299, 587, 114]) / 1000
"""Red, green and blue in a grey value. Source: ITU-R BT.601, as Pillow has it."""


class KernelResult(NamedTuple):
    """The result of a kernel applied to an image.

    Attributes:
        values: the feature map in float64, (H', W') or (H', W', 3), neither clipped nor scaled.
        picture: the feature map as uint8 pixels, converted by `shown_as_picture`.
    """

    values: FloatArray
    picture: NDArray[np.uint8]

    def to_dict(self) -> JsonObject:
        """Shape and range of the feature map."""
        return {
            "output_shape": list(self.values.shape),
            "min": float(self.values.min()),
            "max": float(self.values.max()),
            "mean": float(self.values.mean()),
        }


def apply_kernel(
    image: NDArray[np.uint8],
    kernel: Kernel,
    *,
    stride: int = 1,
    padding: Padding = "same",
    grey: bool = False,
    relu: bool = False,
    pooling: Pooling | None = None,
    show: Show | None = None,
) -> KernelResult:
    """Slide a kernel over a picture: over each channel by itself, a colour detector over all three at once.

    Args:
        image: (H, W) grey or (H, W, 3) colour, 0..255.
        kernel: the weights.
        stride: 1 or more.
        padding: `same` keeps the size at stride 1.
        grey: turn a colour picture grey first.
        relu: negative values become 0, as behind a layer with ReLU.
        pooling: then the largest or the mean of each 2×2.
        show: how the map becomes a picture; the kernel's own way when None.

    Raises:
        DataError: a colour detector on a grey picture.
        ParamError: a kernel that does not fit.
    """
    values = _map(image, kernel, stride, padding, grey)
    if relu:
        values = np.maximum(values, 0)
    if pooling is not None:
        values = pool(values, 2, kind=pooling)
    return KernelResult(values, shown_as_picture(values, show or kernel.show))


def shown_as_picture(values: FloatArray, show: Show) -> NDArray[np.uint8]:
    """A map as a picture, 0..255: `clip` cuts, `absolute` drops the sign, `middle` puts zero at 128, `stretch`
    makes the largest value white and everything below zero black."""
    if show == "absolute":
        values = np.abs(values)
    elif show == "middle":
        values = values + 128
    # A negative maximum would swap black and white, and 0 cannot be divided by.
    elif show == "stretch" and values.max() > 0:
        values = values * (255 / values.max())
    # Clipped before the cast, since uint8 would wrap around.
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def planes(image: NDArray[np.uint8], kernel: Kernel, *, grey: bool = False) -> list[FloatArray]:
    """What the kernel slides over, one after the other: the channels, or a whole picture for a detector.

    Raises:
        DataError: a colour detector on a grey picture.
    """
    pixels = image.astype(np.float64)
    if kernel.detector:
        if image.ndim != 3:
            raise DataError("A color detector needs a color image", received="a grayscale one")
        return [pixels]
    if grey and image.ndim == 3:
        pixels = pixels @ GREY
    return [pixels] if pixels.ndim == 2 else list(np.moveaxis(pixels, -1, 0))


def steps_at(
    image: NDArray[np.uint8],
    kernel: Kernel,
    row: int,
    column: int,
    *,
    stride: int = 1,
    padding: Padding = "same",
    grey: bool = False,
) -> list[KernelStep]:
    """The sum behind one value of the map, for each channel that the kernel slides over by itself.

    Args:
        row, column: of the map, before pooling.

    Raises:
        DataError: a colour detector on a grey picture.
        ParamError: there is no such row or column.
    """
    return [
        step_at(plane, kernel.weights, row, column, stride=stride, padding=padding)
        for plane in planes(image, kernel, grey=grey)
    ]


def _map(image: NDArray[np.uint8], kernel: Kernel, stride: int, padding: Padding, grey: bool) -> FloatArray:
    maps = [
        convolve(plane, kernel.weights, stride=stride, padding=padding)
        for plane in planes(image, kernel, grey=grey)
    ]
    return maps[0] if len(maps) == 1 else np.stack(maps, axis=-1)
