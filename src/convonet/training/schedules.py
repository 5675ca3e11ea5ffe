"""Learning rates as functions of the batch: pure numbers, so that they can be compared with their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable

from convonet.params.hyper_params import HyperParams

Schedule = Callable[[int], float]

_ONE_CYCLE_START, _ONE_CYCLE_END = 25.0, 1e4


def create_schedule(hyper: HyperParams, steps: int = 1) -> Schedule:
    """The learning rate at each step, counted in batches from 0 over all epochs.

    Args:
        hyper: names the schedule and its numbers.
        steps: batches of one epoch; `hyper.epochs` of them are the total.
    """
    warm = warm_up_steps(hyper, steps)
    total = max(hyper.epochs * steps - warm, 1)
    if hyper.schedule_name == "exponential":
        schedule = exponential(hyper.rate, hyper.decay_steps, hyper.decay_rate)
    elif hyper.schedule_name == "cosine":
        schedule = cosine(hyper.rate, total, hyper.end_rate)
    elif hyper.schedule_name == "one_cycle":
        schedule = one_cycle(hyper.rate, total, hyper.peak_share)
    else:
        schedule = constant(hyper.rate)
    return warmed_up(schedule, warm)


def warm_up_steps(hyper: HyperParams, steps: int) -> int:
    """Batches of the warm-up, with `steps` of them in an epoch."""
    return round(hyper.warm_up * (steps if hyper.warm_up_unit == "epochs" else 1))


def constant(rate: float) -> Schedule:
    """Always the same rate."""
    return lambda step: rate


def exponential(rate: float, decay_steps: int, decay_rate: float) -> Schedule:
    """rate · decay_rate^(step / decay_steps), the exponential decay of Keras without staircase."""
    return lambda step: rate * decay_rate ** (step / decay_steps)


def cosine(rate: float, total: int, end: float = 0.0) -> Schedule:
    """Half a cosine from `rate` to `end` over `total` steps (Loshchilov, Hutter 2017, without restarts)."""
    return lambda step: _between(rate, end, step / total)


def one_cycle(peak: float, total: int, peak_share: float) -> Schedule:
    """Up from peak / 25 and down to a 10,000th of that, by halves of a cosine (Smith 2018; PyTorch's numbers)."""
    start = peak / _ONE_CYCLE_START
    top, last = peak_share * total - 1, total - 1

    def rate(step: int) -> float:
        if step < top:
            return _between(start, peak, step / top)
        return _between(peak, start / _ONE_CYCLE_END, (step - top) / max(last - top, 1e-9))

    return rate


def warmed_up(schedule: Schedule, steps: int) -> Schedule:
    """The schedule after `steps` batches in which the rate rises evenly to its first value."""
    first = schedule(0)
    return lambda step: first * (step + 1) / steps if step < steps else schedule(step - steps)


def _between(first: float, last: float, share: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * min(share, 1.0))) / 2
