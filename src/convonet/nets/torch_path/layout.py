"""Weights in the memory order that torch's convolutions want, without a change that anybody else can see.

Keras keeps a kernel as (height, width, in, out); a convolution in channels_last memory reads (out, height,
width, in). Kept that way round, a kernel is not copied in each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from convonet.nets.backend import keras

Tensor = Any


def lay_out(model: Any) -> None:
    """Turn the memory of every convolution's kernel; shapes and numbers stay."""
    for layer in model._flatten_layers():
        # By exact type: a subclass may compute with its kernel in a way of its own.
        if type(layer) is keras.layers.Conv2D:
            tensor = layer.kernel.value
            tensor.data = keras_kernel(
                torch_kernel(tensor.data).contiguous(memory_format=torch.channels_last)
            )


@contextmanager
def constant_weights(model: Any) -> Iterator[None]:
    """Inside, no weight of a network wants a gradient, so that a traced graph may hold all of them as constants."""
    # A frozen layer has some without a gradient, which must not get one afterwards.
    wanted = [variable.value for variable in model.weights if variable.value.requires_grad]
    for tensor in wanted:
        tensor.requires_grad_(False)
    try:
        yield
    finally:
        for tensor in wanted:
            tensor.requires_grad_(True)


def like(tensor: Tensor, model: Tensor) -> Tensor:
    """The numbers of `tensor` in the memory order of `model`, which has its shape."""
    return torch.empty_like(model).copy_(tensor)


def torch_kernel(kernel: Tensor) -> Tensor:
    """(height, width, in, out) seen as (out, in, height, width)."""
    return kernel.permute(3, 2, 0, 1)


def keras_kernel(kernel: Tensor) -> Tensor:
    """(out, in, height, width) seen as (height, width, in, out)."""
    return kernel.permute(2, 3, 1, 0)


def torch_axes(images: Tensor) -> Tensor:
    """(N, H, W, C) seen as (N, C, H, W), in channels_last memory; anything but images unchanged."""
    if images.ndim != 4:
        return images
    return images.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def keras_axes(maps: Tensor) -> Tensor:
    """(N, C, H, W) seen as (N, H, W, C); anything but maps unchanged."""
    return maps.permute(0, 2, 3, 1) if maps.ndim == 4 else maps
