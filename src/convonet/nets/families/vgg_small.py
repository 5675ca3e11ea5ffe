"""A small VGG: convolutions in pairs, batch normalisation, light dropout after blocks, L2."""

from __future__ import annotations

from convonet.nets.families.base import register
from convonet.nets.layers import Layers, Tensor


@register("vgg_small")
def build(x: Tensor, net: Layers) -> Tensor:
    """32×32×3 with 10 classes: 1,195,114 trainable parameters and 1,472 that are not."""
    light = net.values["drop_out"] / 2
    for block, convolutions in enumerate((2, 2, 1)):
        for index in range(convolutions):
            x = net.conv(x, net.values["num_filters"] * 2**block, norm=index == 0)
        x = net.drop(net.pool(x), light)
    x = net.dense(net.flatten_or_pool(x), net.values["num_units"])
    return net.output(net.drop(x))
