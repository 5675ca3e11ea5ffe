"""Multinomial logistic regression: the pixels and one dense layer."""

from __future__ import annotations

from convonet.nets.families.base import register
from convonet.nets.layers import Layers, Tensor


@register("logistic")
def build(x: Tensor, net: Layers) -> Tensor:
    """80×60×1 with 55 classes: 264,055 parameters."""
    return net.output(net.flatten_or_pool(x))
