"""A backbone that was trained on other images, and a head of listed layers on it."""

from __future__ import annotations

from convonet.errors import DataError
from convonet.nets.backbones import freeze, open_backbone, silence
from convonet.nets.backend import keras
from convonet.nets.families.base import register
from convonet.nets.families.custom import add_layer
from convonet.nets.layers import Layers, Tensor, TooSmallError, scaling_layer
from convonet.params.custom_layers import read_layers


@register("transfer")
def build(x: Tensor, net: Layers) -> Tensor:
    """Takes raw pixels: the backbone has a scaling of its own."""
    backbone = open_backbone(net.values, tuple(x.shape[1:]), net.seed, net.scaling)
    net.backbone, net.scaling = backbone.network.name, backbone.scaling
    if x.shape[-1] < backbone.channels:
        x = keras.layers.Concatenate(name="grey_as_colour")([x] * backbone.channels)
    freeze(backbone.network)
    silence(backbone.network)
    x = backbone.network(scaling_layer(x, backbone.scale))
    try:
        for layer in read_layers(net.values["head"]):
            x = add_layer(x, net, layer)
    except TooSmallError as error:
        raise DataError(
            f"The feature maps of the backbone are too small for layer {error} of the head",
            hint="Choose a larger image size or a head with fewer layers",
        ) from error
    return net.output(x if len(x.shape) == 2 else net.flatten_or_pool(x, "none"))
