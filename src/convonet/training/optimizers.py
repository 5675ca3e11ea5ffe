"""Optimizers from hyper parameters. The rate is set before each step by the schedule."""

from __future__ import annotations

from typing import Any

from convonet.nets.backend import keras
from convonet.params.hyper_params import HyperParams


def create_optimizer(hyper: HyperParams) -> Any:
    """A Keras optimizer with the first learning rate."""
    if hyper.optimizer == "sgd":
        return keras.optimizers.SGD(hyper.rate, momentum=hyper.momentum)
    if hyper.optimizer == "adam":
        return keras.optimizers.Adam(hyper.rate)
    if hyper.optimizer == "adamw":
        return keras.optimizers.AdamW(hyper.rate)
    return keras.optimizers.RMSprop(hyper.rate)
