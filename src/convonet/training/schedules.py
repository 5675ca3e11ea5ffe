"""Learning rates as functions of the batch: pure numbers, so that they can be compared with their formulas."""

from __future__ import annotations

from collections.abc import Callable

from convonet.params.hyper_params import HyperParams

Schedule = Callable[[int], float]


def create_schedule(hyper: HyperParams) -> Schedule:
    """The learning rate at each step, counted in batches from 0 over all epochs."""
    if hyper.schedule_name == "exponential":
        return exponential(hyper.rate, hyper.decay_steps, hyper.decay_rate)
    return constant(hyper.rate)


def constant(rate: float) -> Schedule:
    """Always the same rate."""
    return lambda step: rate


def exponential(rate: float, decay_steps: int, decay_rate: float) -> Schedule:
    """rate · decay_rate^(step / decay_steps), the exponential decay of Keras without staircase."""
    return lambda step: rate * decay_rate ** (step / decay_steps)
