"""Grad-CAM (Selvaraju et al. 2017): the maps of the last convolution, weighed by what they do for the class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convonet.errors import InputError
from convonet.events import Watch
from convonet.explaining.base import ExplainSettings, Maps, register
from convonet.explaining.explained_model import ExplainedModel, Images
from convonet.explaining.heat import enlarged
from convonet.explaining.network_layers import NamedLayer, find_layer, last_convolution, layers_of
from convonet.explaining.passes import array, forward, gradients, of_classes
from convonet.nets.net_model import NetModel


@register(
    "grad_cam",
    "Grad-CAM",
    "feature maps weighted by the mean gradient of the class's logit, negative values set to 0",
)
def explain(
    model: ExplainedModel, images: Images, labels: NDArray[np.int64], settings: ExplainSettings, watch: Watch
) -> Maps:
    """Maps at the image's size.

    Raises:
        InputError: the network has no convolution, or the layer that was named gives no maps.
    """
    network = model.network
    named = choose_layer(network, settings.layer)
    watch.check()
    passed = forward(network, images, [named])
    maps = passed.maps[named.name]
    (slopes,) = gradients(of_classes(passed.logits, labels), [maps])
    weights = slopes.mean(dim=(1, 2), keepdim=True)
    weighed = array((maps * weights).sum(dim=3).clamp(min=0))
    return Maps(enlarged(weighed, images.shape[1:3]), named.name)


def choose_layer(model: NetModel, name: str | None) -> NamedLayer:
    """The layer to look at: the one that was named, else that of the last convolution.

    Raises:
        InputError: there is none, or it gives no maps.
    """
    network = model.keras_model
    if name is not None:
        named = find_layer(network, name)
        if len(_shapes(model, [named])[named.name]) != 3:
            raise InputError(
                "This layer has no feature maps, so Grad-CAM cannot use it",
                where=named.name,
                expected="a convolution, its activation, or pooling",
                hint="If no layer is specified, the last convolution is used",
            )
        return named
    layers = layers_of(network)
    found = last_convolution(layers, _shapes(model, layers))
    if found is None:
        raise InputError(
            "Grad-CAM needs a convolution, and this network has none",
            where=model.info.family,
            hint="Use saliency or occlusion, which work for every network",
        )
    return found


def _shapes(model: NetModel, layers: list[NamedLayer]) -> dict[str, tuple[int, ...]]:
    """Row → shape of its output without the batch, found by running a black image through the network."""
    blank = np.zeros((1, *model.info.pixels.shape), np.float32)
    maps = forward(model, blank, layers, gradients=False).maps
    return {name: tuple(tensor.shape[1:]) for name, tensor in maps.items()}
