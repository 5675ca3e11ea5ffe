"""What is to be trained: trials become units, each one training whose scores may serve several trials."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from convonet.params.fields import ParamValues, fields_of
from convonet.params.hyper_params import MAX_SEED, HyperParams
from convonet.runs.trials import FoldKey

_LENGTH_FREE = ("constant", "exponential")
"""Schedules whose first epochs do not depend on how many there will be."""

_OFF = {"save_best": "none"}
"""Values of rules for stopping that do nothing, where the default is not the only one."""

_IN_PHASES = ("transfer",)

SIZES = ("num_filters", "num_units", "num_blocks")
"""What makes a network larger and its training longer."""

_HELD_BACK = 2


@dataclass(frozen=True)
class Trial:
    """One setting.

    Attributes:
        number: from 1.
        hyper: all of it, with the seed of its first repeat.
        values: the varied part of it.
    """

    number: int
    hyper: HyperParams
    values: ParamValues

    @classmethod
    def of(cls, number: int, hyper: HyperParams, varied: Sequence[str]) -> Trial:
        """The trial with these hyperparameters."""
        return cls(number, hyper, {name: getattr(hyper, name) for name in varied if hyper.is_set(name)})


@dataclass(frozen=True)
class Unit:
    """One network trained on one fold.

    Attributes:
        hyper: as the longest of its trials, with the seed of the repeat.
        trials: those that are served, the shortest first; each reads the scores after its own epochs.
        repeat, fold: from 1.
    """

    hyper: HyperParams
    trials: tuple[Trial, ...]
    repeat: int
    fold: int

    def keys(self) -> list[FoldKey]:
        """The rows that it gives."""
        return [(trial.number, self.repeat, self.fold) for trial in self.trials]


def units_of(
    trials: Sequence[Trial], *, repeats: int, folds: int, finished: Collection[FoldKey] = ()
) -> list[Unit]:
    """The trainings that trials need, those of one network's folds next to each other.

    Trials that differ in nothing but `epochs` share a training where their first epochs are the same.

    Args:
        finished: rows that are there already.
    """
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(_shared_key(trial), []).append(trial)
    units = []
    for group in groups.values():
        for repeat in range(1, repeats + 1):
            for fold in range(1, folds + 1):
                left = [trial for trial in group if (trial.number, repeat, fold) not in finished]
                if left:
                    units.append(_unit(left, repeat, fold))
    return units


def short_last(units: Sequence[Unit], jobs: int) -> list[Unit]:
    """The same units with some of the shortest at the end, so that no trainer waits long there for the others.

    How long one takes is guessed from its epochs and sizes; all others stay in their order.

    Args:
        jobs: trainings side by side.
    """
    lengths = [_guessed_length(unit) for unit in units]
    if jobs < 2 or len(set(lengths)) < 2:
        return list(units)
    held = sorted(range(len(units)), key=lambda index: (lengths[index], -index))[: _HELD_BACK * jobs]
    first = set(range(len(units))).difference(held)
    return [units[index] for index in (*sorted(first), *reversed(held))]


def _guessed_length(unit: Unit) -> float:
    sizes = [getattr(unit.hyper, name) or 1 for name in SIZES]
    return unit.hyper.epochs * math.prod(sizes)


def _unit(trials: Sequence[Trial], repeat: int, fold: int) -> Unit:
    ordered = sorted(trials, key=lambda trial: trial.hyper.epochs)
    longest = ordered[-1].hyper
    return Unit(longest.changed(seed=repeat_seed(longest.seed, repeat)), tuple(ordered), repeat, fold)


def _shared_key(trial: Trial) -> str:
    values = trial.hyper.set_values()
    if is_length_free(trial.hyper):
        values.pop("epochs", None)
        return json.dumps(values, sort_keys=True)
    return f"{trial.number}"


def is_length_free(hyper: HyperParams) -> bool:
    """Whether the first epochs of a training are those of a shorter one, weights and all.

    Not where the schedule knows the end, where a rule for stopping chooses the weights, or where a second phase
    follows.
    """
    rules = [field for field in fields_of(HyperParams).values() if field.group == "Stopping"]
    idle = all(getattr(hyper, field.name) in (field.default, _OFF.get(field.name)) for field in rules)
    return idle and hyper.schedule_name in _LENGTH_FREE and hyper.family not in _IN_PHASES


def repeat_seed(seed: int, repeat: int) -> int:
    """The seed of a repeat: the given one for the first, hashed ones after it."""
    if repeat == 1:
        return seed
    return int(np.random.SeedSequence([seed, repeat]).generate_state(1)[0]) % (MAX_SEED + 1)
