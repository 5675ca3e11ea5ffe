"""AlexNet in one column: what the two graphics cards of 2012 held together."""

from __future__ import annotations

from convonet.nets.families.base import register
from convonet.nets.layers import Layers, Tensor


@register("alexnet")
def build(x: Tensor, net: Layers) -> Tensor:
    """227×227×3 with 1,000 classes: 62,378,344 parameters; the last pooling looks at 195×195."""
    x = net.pool(net.conv(x, 96, 11, stride=4, padding="valid"), 3, stride=2)
    x = net.pool(net.conv(x, 256, 5), 3, stride=2)
    for maps in (384, 384, 256):
        x = net.conv(x, maps, 3)
    x = net.flatten_or_pool(net.pool(x, 3, stride=2))
    for _ in range(2):
        x = net.drop(net.dense(x, net.values["num_units"]))
    return net.output(x)
