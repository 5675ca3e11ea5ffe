"""Three convolutions with pooling, filters doubling, and one dense layer."""

from __future__ import annotations

from convonet.nets.families.base import register
from convonet.nets.layers import Layers, Tensor


@register("three_block")
def build(x: Tensor, net: Layers) -> Tensor:
    """80×60×1 with 55 classes: 88,375 parameters, receptive field 30."""
    for block, shrink in enumerate((2, 2, 4)):
        x = net.conv(x, net.values["num_filters"] * 2**block)
        x = net.drop(net.pool(x, shrink))
    x = net.dense(net.flatten_or_pool(x), net.values["num_units"])
    return net.output(net.drop(x))
