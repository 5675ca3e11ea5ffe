"""LeNet-5 as published in 1998, with a softmax where it had distances to drawn characters."""

from __future__ import annotations

from convonet.nets.families.base import register
from convonet.nets.layers import Layers, Tensor

_SIDE = 32
_KERNEL = 5


@register("lenet5")
def build(x: Tensor, net: Layers) -> Tensor:
    """32×32×1 with 10 classes: 61,706 parameters; C5 looks at 32×32. Smaller images are padded with zeros."""
    x = net.pad(x, _SIDE)
    for maps in (6, 16):
        x = net.pool(net.conv(x, maps, _KERNEL, padding="valid"))
    x = net.flatten_or_pool(net.conv(x, 120, _KERNEL, padding="valid"))
    return net.output(net.drop(net.dense(x, net.values["num_units"])))
