"""Which settings are tried: all of a grid, or those that Optuna draws."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Protocol

from convonet.documents.search import Setting
from convonet.params.search_space import SearchSpace
from convonet.tasks import TuneTask
from convonet.tuning.units import Trial


class Sampler(Protocol):
    """Gives trials and learns what became of them."""

    def ask(self, room: int) -> list[Trial]:
        """Trials to begin with now: about `room` of them, none when all were given."""

    def tell(self, setting: Setting) -> None:
        """A trial has ended."""

    def report(self, trial: int, epoch: int, score: float) -> bool:
        """Take note of a trial's score after an epoch; whether it should be ended."""


class GridSampler:
    """Every combination, in the order of the file; all at once, so that they can share trainings."""

    def __init__(self, space: SearchSpace, most: int | None = None) -> None:
        points = itertools.islice(space.grid(), most)
        self._trials = [Trial.of(number, hyper, space.varied) for number, hyper in enumerate(points, 1)]

    def ask(self, room: int) -> list[Trial]:
        trials, self._trials = self._trials, []
        return trials

    def tell(self, setting: Setting) -> None:
        return

    def report(self, trial: int, epoch: int, score: float) -> bool:
        return False


def create_sampler(
    task: TuneTask,
    known: Sequence[Setting] = (),
    reports: Mapping[int, Mapping[int, float]] | None = None,
) -> Sampler:
    """The sampler that a task asks for.

    Args:
        known: settings of an earlier attempt, finished or not; they are given again with the same values.
        reports: trial → epoch → score, of an earlier attempt.
    """
    if task.search == "grid":
        return GridSampler(task.space, task.trials)
    # Optuna takes a second to load, and a grid does without it.
    from convonet.tuning.optuna_sampler import OptunaSampler

    return OptunaSampler(task, known, reports or {})
