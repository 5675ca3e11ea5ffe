"""The reference network: two convolutions with pooling, one dense layer with dropout."""

from __future__ import annotations

from convonet.nets.families.base import register
from convonet.nets.layers import Layers, Tensor


@register("convonet")
def build(x: Tensor, net: Layers) -> Tensor:
    """28×28×1 with 10 classes: 818,026 parameters, receptive field 10."""
    for _ in range(2):
        x = net.pool(net.conv(x, net.values["num_filters"]))
    x = net.dense(net.flatten_or_pool(x), net.values["num_units"])
    return net.output(net.drop(x))
