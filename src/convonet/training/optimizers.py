"""Optimizers from hyper parameters. The rate is set before each step by the schedule."""

from __future__ import annotations

from typing import Any

from convonet.nets.backend import keras
from convonet.params.hyper_params import HyperParams

_ADAMW_DECAY = 0.004


def create_optimizer(hyper: HyperParams) -> Any:
    """A Keras optimizer with the first learning rate. Weight decay is decoupled: Loshchilov, Hutter 2019."""
    decay = hyper.weight_decay or None
    if hyper.optimizer == "sgd":
        return keras.optimizers.SGD(
            hyper.rate, momentum=hyper.momentum, nesterov=hyper.nesterov, weight_decay=decay
        )
    if hyper.optimizer == "adam":
        return keras.optimizers.Adam(hyper.rate, weight_decay=decay)
    if hyper.optimizer == "adamw":
        own = _ADAMW_DECAY if hyper.weight_decay is None else hyper.weight_decay
        return keras.optimizers.AdamW(hyper.rate, weight_decay=own)
    return keras.optimizers.RMSprop(hyper.rate, weight_decay=decay)
