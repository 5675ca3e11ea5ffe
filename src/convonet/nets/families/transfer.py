"""A base that was trained on other images, and a head of listed layers on it."""

from __future__ import annotations

from convonet.errors import DataError
from convonet.nets.backend import keras
from convonet.nets.bases import freeze, open_base, silence
from convonet.nets.families.base import register
from convonet.nets.families.custom import add_row
from convonet.nets.layers import Layers, Tensor, TooSmallError, scaling_row
from convonet.params.custom_layers import read_layers


@register("transfer")
def build(x: Tensor, net: Layers) -> Tensor:
    """Takes raw pixels: the base has a scaling of its own."""
    base = open_base(net.values, tuple(x.shape[1:]), net.seed, net.scaling)
    net.base, net.scaling = base.network.name, base.scaling
    if x.shape[-1] < base.channels:
        x = keras.layers.Concatenate(name="grey_as_colour")([x] * base.channels)
    freeze(base.network)
    silence(base.network)
    x = base.network(scaling_row(x, base.row))
    try:
        for row in read_layers(net.values["head"]):
            x = add_row(x, net, row)
    except TooSmallError as error:
        raise DataError(
            f"Nothing is left of the base's maps at the head's layer {error}",
            hint="Choose a larger image size or a head with fewer rows",
        ) from error
    return net.output(x if len(x.shape) == 2 else net.gather(x, "none"))
