"""The layers that a person lists, and the output after them."""

from __future__ import annotations

from convonet.nets.families.base import register
from convonet.nets.layers import Layers, Tensor
from convonet.params import custom_layers as listed
from convonet.params.values import ParamModel


@register("custom")
def build(x: Tensor, net: Layers) -> Tensor:
    """As listed; maps are flattened before the first dense layer if nothing else has done so."""
    for layer in listed.read_layers(net.values["layers"]):
        x = add_layer(x, net, layer)
    return net.output(x if len(x.shape) == 2 else net.flatten_or_pool(x, "none"))


def add_layer(x: Tensor, net: Layers, layer: ParamModel) -> Tensor:
    """One listed layer."""
    match layer:
        case listed.ConvLayer():
            return net.conv(
                x,
                layer.filters,
                layer.kernel,
                stride=layer.stride,
                padding=layer.padding,
                activation=layer.activation,
            )
        case listed.PoolLayer():
            return net.pool(x, layer.size, stride=layer.stride, kind=layer.kind)
        case listed.DenseLayer():
            flat = x if len(x.shape) == 2 else net.flatten_or_pool(x, "none")
            return net.dense(flat, layer.units, activation=layer.activation)
        case listed.DropLayer():
            return net.drop(x, layer.rate, spatial=layer.spatial)
        case listed.NormLayer():
            return net.norm(x)
        case listed.ActLayer():
            return net.act(x, layer.activation)
        case listed.GlobalPoolLayer():
            return net.flatten_or_pool(x, layer.kind)
        case _:
            return net.flatten_or_pool(x, "none")
