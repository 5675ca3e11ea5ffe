"""The filters of a convolution, as small pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.explaining.network_layers import NamedLayer, is_convolution
from convonet.nets.backend import keras, ops

_COLOURS = 3


@dataclass(frozen=True)
class Filters:
    """The filters of one layer.

    Attributes:
        layer: its name.
        shape: of the kernel as Keras has it, (height, width, maps in, filters).
        tiles: (count, height, width) or (count, height, width, 3), each −1..1: weights over the largest of the
            filter. Of 1×1 kernels one tile: a row for each filter, a column for each map.
        note: which weights these are.
    """

    layer: str
    shape: tuple[int, ...]
    tiles: NDArray[np.float32]
    note: str


def filters_of(named: NamedLayer) -> Filters | None:
    """The filters of a layer; None where no kernel slides in it."""
    if not is_convolution(named.layer):
        return None
    made = keras.layers
    each_map_alone = isinstance(named.layer, (made.DepthwiseConv2D, made.SeparableConv2D))
    weights = getattr(named.layer, "depthwise_kernel", None)
    kernel = np.asarray(ops.convert_to_numpy(named.layer.kernel if weights is None else weights), np.float32)
    shape = tuple(kernel.shape)
    # Its kernel has outputs and inputs the other way round.
    if isinstance(named.layer, made.Conv2DTranspose):
        kernel = kernel.swapaxes(2, 3)
    if each_map_alone:
        tiles = kernel.reshape(*shape[:2], -1).transpose(2, 0, 1)
        return Filters(named.name, shape, _levelled(tiles), "one filter for each map")
    if shape[0] * shape[1] == 1:
        return Filters(
            named.name, shape, _levelled(kernel[0, 0].T[np.newaxis]), "one row per filter, one column per map"
        )
    if kernel.shape[2] == _COLOURS:
        return Filters(
            named.name, shape, _levelled(kernel.transpose(3, 0, 1, 2)), "weights of red, green and blue"
        )
    strongest = np.square(kernel).sum(axis=(0, 1)).argmax(axis=0)
    tiles = kernel[:, :, strongest, np.arange(kernel.shape[3])].transpose(2, 0, 1)
    note = (
        "weights" if kernel.shape[2] == 1 else "for each filter, the weights for its most important input map"
    )
    return Filters(named.name, shape, _levelled(tiles), note)


def _levelled(tiles: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Each tile over its own largest weight; zeros stay zeros."""
    most = np.abs(tiles).max(axis=tuple(range(1, tiles.ndim)), keepdims=True)
    return np.asarray(tiles / np.where(most > 0, most, 1), np.float32)
