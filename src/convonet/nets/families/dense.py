"""Hidden dense layers, no convolution: a multi-layer perceptron."""

from __future__ import annotations

from convonet.nets.families.base import register
from convonet.nets.layers import Layers, Tensor


@register("dense")
def build(x: Tensor, net: Layers) -> Tensor:
    """28×28×1 with one hidden layer of 128 and 10 classes: 101,770 parameters."""
    x = net.flatten_or_pool(x)
    for units in net.values["hidden_units"]:
        x = net.drop(net.dense(x, units))
    return net.output(x)
