"""The layers that a person lists, and the output after them."""

from __future__ import annotations

from convonet.nets.families.base import register
from convonet.nets.layers import Layers, Tensor
from convonet.params import custom_layers as rows
from convonet.params.values import ParamModel


@register("custom")
def build(x: Tensor, net: Layers) -> Tensor:
    """As listed; maps are flattened before the first dense layer if nothing else has done so."""
    for row in rows.read_layers(net.values["layers"]):
        x = add_row(x, net, row)
    return net.output(x if len(x.shape) == 2 else net.gather(x, "none"))


def add_row(x: Tensor, net: Layers, row: ParamModel) -> Tensor:
    """One listed layer."""
    match row:
        case rows.ConvLayer():
            return net.conv(
                x, row.filters, row.kernel, stride=row.stride, padding=row.padding, activation=row.activation
            )
        case rows.PoolLayer():
            return net.pool(x, row.size, stride=row.stride, kind=row.kind)
        case rows.DenseLayer():
            flat = x if len(x.shape) == 2 else net.gather(x, "none")
            return net.dense(flat, row.units, activation=row.activation)
        case rows.DropLayer():
            return net.drop(x, row.rate, spatial=row.spatial)
        case rows.NormLayer():
            return net.norm(x)
        case rows.ActLayer():
            return net.act(x, row.activation)
        case rows.GlobalPoolLayer():
            return net.gather(x, row.kind)
        case _:
            return net.gather(x, "none")
