"""How far a layer looks and how much it computes: convolution arithmetic on built layers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from convonet.nets.backend import keras

Pair = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """What slides over the image in a convolution or pooling; (height, width) each."""

    kernel: Pair
    stride: Pair
    dilation: Pair
    padding: str


class ReceptiveField(NamedTuple):
    """What one value of a map depends on.

    Attributes:
        field: the receptive field in pixels of the image; borders are not cut off.
        step: how far apart, in pixels of the image, neighbouring values are.
    """

    field: Pair
    step: Pair

    def through(self, window: Window) -> ReceptiveField:
        """The receptive field after a window has slid over the map: field + (kernel − 1) · dilation · step."""
        field = tuple(
            f + (k - 1) * d * s
            for f, k, d, s in zip(self.field, window.kernel, window.dilation, self.step, strict=True)
        )
        step = tuple(s * t for s, t in zip(self.step, window.stride, strict=True))
        return ReceptiveField((field[0], field[1]), (step[0], step[1]))


PIXEL = ReceptiveField((1, 1), (1, 1))


def widest(fields: Iterable[ReceptiveField | None]) -> ReceptiveField | None:
    """The receptive field where branches meet; a branch without positions (a gate over maps) does not count."""
    known = [receptive for receptive in fields if receptive is not None]
    if not known:
        return None
    field = tuple(max(receptive.field[axis] for receptive in known) for axis in (0, 1))
    step = tuple(max(receptive.step[axis] for receptive in known) for axis in (0, 1))
    return ReceptiveField((field[0], field[1]), (step[0], step[1]))


def window_of(layer: Any) -> Window | None:
    """The window of a two-dimensional convolution or pooling, None for every other layer."""
    made = keras.layers
    if isinstance(layer, (made.MaxPooling2D, made.AveragePooling2D)):
        return Window(_pair(layer.pool_size), _pair(layer.strides), (1, 1), layer.padding)
    if isinstance(layer, (made.Conv2D, made.DepthwiseConv2D, made.SeparableConv2D)):
        return Window(
            _pair(layer.kernel_size), _pair(layer.strides), _pair(layer.dilation_rate), layer.padding
        )
    return None


def _pair(value: Any) -> Pair:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def multiply_adds(layer: Any, output_shape: tuple[int | None, ...]) -> int:
    """Multiply-adds of one image: each weight of a kernel once for every position of the output."""
    weights: int = sum(
        math.prod(kernel.shape)
        for name in ("kernel", "depthwise_kernel", "pointwise_kernel")
        if (kernel := getattr(layer, name, None)) is not None
    )
    return weights * math.prod(side or 1 for side in output_shape[1:-1])
