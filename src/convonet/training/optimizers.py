"""Optimizers from hyperparameters. The rate is set before each step by the schedule."""

from __future__ import annotations

from typing import Any

from convonet.nets.backend import keras
from convonet.params.hyper_params import HyperParams

_ADAMW_DECAY = 0.004


def create_optimizer(hyper: HyperParams) -> Any:
    """A Keras optimizer with the first learning rate.

    Reference: Loshchilov, Hutter 2019, for decoupled weight decay; Pascanu et al. 2013, for clipping by the norm.
    """
    decay = hyper.weight_decay or None
    if hyper.optimizer == "adamw" and hyper.weight_decay is None:
        decay = _ADAMW_DECAY
    common = {"weight_decay": decay, "global_clipnorm": hyper.clip_norm}
    if hyper.optimizer == "sgd":
        return keras.optimizers.SGD(hyper.rate, momentum=hyper.momentum, nesterov=hyper.nesterov, **common)
    kinds = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "rmsprop": keras.optimizers.RMSprop,
    }
    return kinds[hyper.optimizer](hyper.rate, **common)
