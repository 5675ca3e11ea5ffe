"""What the layers make of one image: its maps, step by step through the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convonet.explaining.explained_model import Images
from convonet.explaining.network_layers import NamedLayer, find_layer, follows, layers_of
from convonet.explaining.passes import array, forward
from convonet.nets.net_model import NetModel


@dataclass(frozen=True)
class FeatureMaps:
    """The maps of one layer.

    Attributes:
        layer, type: its name and kind.
        values: (height, width, maps).
        silent: how many maps are 0 everywhere: nothing in this image speaks to them.
    """

    layer: str
    type: str
    values: NDArray[np.float32]

    @property
    def silent(self) -> int:
        """Maps without any value but 0."""
        return int((~self.values.any(axis=(0, 1))).sum())


def feature_maps(model: NetModel, image: Images, layer: str | None = None) -> list[FeatureMaps]:
    """The maps of an image (height, width, channels) after each step.

    A convolution with its normalisation and its activation is one step, seen after the last of them.

    Args:
        layer: only this one, whatever it is; None: all steps.

    Raises:
        InputError: no such layer.
    """
    network = model.keras_model
    layers = layers_of(network) if layer is None else [find_layer(network, layer)]
    outputs = forward(model, image[np.newaxis], layers, gradients=False).maps
    maps = {name: array(tensor)[0] for name, tensor in outputs.items() if len(tensor.shape) == 4}
    shown = [
        named
        for named in layers
        if named.name in maps and (layer is not None or _ends_step(named, layers, maps))
    ]
    return [FeatureMaps(named.name, type(named.layer).__name__, maps[named.name]) for named in shown]


def _ends_step(named: NamedLayer, layers: list[NamedLayer], maps: dict[str, NDArray[np.float32]]) -> bool:
    """Whether maps are worth showing: of more than one position, and not only on the way to the next layer."""
    values = maps[named.name]
    # A slice instead of an index, since the last layer has none after it.
    after = layers[layers.index(named) + 1 :][:1]
    on_the_way = any(
        follows(other) and other.name in maps and maps[other.name].shape == values.shape for other in after
    )
    idle = type(named.layer).__name__ in (
        "Dropout",
        "SpatialDropout2D",
        "ZeroPadding2D",
        "Rescaling",
        "Normalization",
    )
    return values.shape[0] * values.shape[1] > 1 and not on_the_way and not idle
