"""What a search is to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from convonet.errors import ParamError, nearest
from convonet.params.data_params import DataParams
from convonet.params.fields import fields_of
from convonet.params.hyper_params import MAX_SEED, HyperParams
from convonet.params.search_space import SearchSpace
from convonet.specs.tasks import Task

Search = Literal["grid", "random", "tpe"]
Objective = Literal["accuracy", "loss", "auc", "macro_f1"]
Pruner = Literal["none", "median", "hyperband"]
ExecutorName = Literal["local", "ray"]

IMAGE_LIMIT = 10_000
"""Images that a search takes unless it is told otherwise, as in the reference application."""
DRAWN_TRIALS = 20
"""Settings that random search and TPE try unless they are told otherwise."""

_CHOICES = {"search": Search, "objective": Objective, "pruner": Pruner, "executor": ExecutorName}
_LEAST = {"trials": 1, "folds": 1, "repeats": 1, "images": 2, "jobs": 1, "threads": 1, "seed": 0}


@dataclass(frozen=True, kw_only=True)
class TuneTask(Task):
    """Search for good hyper parameters by training on folds.

    Attributes:
        space: what is varied and between which values.
        search: every combination, random ones, or TPE's.
        objective: what is best; held-out accuracy, loss (the least), AUC or macro F1.
        trials: settings to try; None: all of a grid, 20 of other searches.
        folds: stratified folds; 1 holds out the data's validation share instead.
        repeats: how often each setting is trained on all folds, with other seeds and other folds.
        images: at most so many, stratified by class; None: all.
        jobs: trainings side by side; None: one a core, each with `threads` threads.
        executor: this machine's processes or a Ray cluster.
        time_limit: seconds after which no more is tried; None: no limit.
        memory_limit: bytes that all trainings side by side may take together; None: no limit.
        disk_limit: bytes that the prepared images and the run's files may take; None: no limit.
        pruner: the rule that ends settings early which are worse than others were by then.
        seed: what is drawn follows from it.
        threads: computing threads of one training.
        accept_changed_data: go on although the images are no longer those that the run began with.

    Raises:
        ParamError: all faults at once.
    """

    kind = "tune"
    data: DataParams
    space: SearchSpace
    search: Search = "grid"
    objective: Objective = "accuracy"
    trials: int | None = None
    folds: int = 3
    repeats: int = 1
    images: int | None = IMAGE_LIMIT
    jobs: int | None = None
    executor: ExecutorName = "local"
    time_limit: float | None = None
    memory_limit: int | None = None
    disk_limit: int | None = None
    pruner: Pruner = "none"
    seed: int = 0
    accept_changed_data: bool = False

    def __post_init__(self) -> None:
        faults = self._wrong_choices() | self._wrong_numbers() | self._wrong_space()
        if self.pruner != "none" and self.search == "grid":
            faults["pruner"] = "pruner: a grid is tried in full; prune with --search random or tpe"
        if faults:
            raise ParamError.of(faults)

    @property
    def planned_trials(self) -> int:
        """How many settings will be tried."""
        if self.search != "grid":
            return self.trials or DRAWN_TRIALS
        return min(self.space.size(), self.trials or self.space.size())

    def _wrong_choices(self) -> dict[str, str]:
        faults = {}
        for name, choices in _CHOICES.items():
            known, value = get_args(choices), getattr(self, name)
            if value not in known:
                near = nearest(str(value), known)
                hint = f" (did you mean {near}?)" if near else ""
                faults[name] = f"{name}: expected one of {', '.join(known)}, received {value!r}{hint}"
        return faults

    def _wrong_numbers(self) -> dict[str, str]:
        faults = {}
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                faults[name] = f"{name}: expected a whole number ≥ {least}, received {value}"
        if self.seed > MAX_SEED:
            faults["seed"] = f"seed: expected at most {MAX_SEED}, received {self.seed}"
        for name in ("time_limit", "memory_limit", "disk_limit"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                faults[name] = f"{name}: expected a number > 0, received {value}"
        return faults

    def _wrong_space(self) -> dict[str, str]:
        declared = fields_of(HyperParams)
        tunable = ", ".join(name for name, field in declared.items() if field.tunable)
        return {
            name: f"{name} ({declared[name].label}): cannot be searched; these can: {tunable}"
            for name in self.space.varied
            if not declared[name].tunable
        }
