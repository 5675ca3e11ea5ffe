"""A small residual network for small images: three stages, each half the size of the one before."""

from __future__ import annotations

from convonet.nets.families.base import register
from convonet.nets.layers import Layers, Tensor


@register("resnet_small")
def build(x: Tensor, net: Layers) -> Tensor:
    """32×32×3 with 10 classes and three blocks a stage: ResNet-20 with 274,442 parameters."""
    filters = net.values["num_filters"]
    x = net.conv(x, filters)
    for stage in range(3):
        for block in range(net.values["num_blocks"]):
            x = _block(x, net, filters * 2**stage, stride=2 if stage and not block else 1)
    return net.output(net.drop(net.flatten_or_pool(x)))


def _block(x: Tensor, net: Layers, filters: int, stride: int) -> Tensor:
    """Two convolutions beside a shortcut, which is projected where size or depth changes."""
    y = net.conv(x, filters, stride=stride)
    y = net.conv(y, filters, activation="linear")
    if stride > 1 or x.shape[-1] != filters:
        x = net.conv(x, filters, 1, stride=stride, activation="linear", norm=False)
    return net.act(net.add(x, y))
