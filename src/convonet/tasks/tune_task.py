"""What a search is to do."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, InstanceOf, ValidationInfo, field_validator

from convonet.params.fields import fields_of
from convonet.params.hyper_params import MAX_SEED, HyperParams
from convonet.params.search_space import SearchSpace
from convonet.tasks.task import ExecutorName, ResumableTask

Search = Literal["grid", "random", "tpe"]
Objective = Literal["accuracy", "loss", "auc", "macro_f1"]
Pruner = Literal["none", "median", "hyperband"]

IMAGE_LIMIT = 10_000
"""Images that a search takes unless it is told otherwise, as in the reference application."""
DRAWN_TRIALS = 20
"""Settings that random search and TPE try unless they are told otherwise."""


class TuneTask(ResumableTask):
    """Search for good hyperparameters by training on folds.

    Attributes:
        space: what is varied and between which values.
        search: every combination, random ones, or TPE's.
        objective: what is best; held-out accuracy, loss (the least), AUC or macro F1.
        trials: settings to try; None: all of a grid, 20 of other searches.
        folds: stratified folds; with 1, `validation_share` of the training images is held out instead.
        repeats: number of times that each setting is trained on all folds, with different seeds and folds.
        images: at most so many, stratified by class; None: all.
        jobs: trainings side by side; None: one a core, each with `threads` threads.
        executor: this machine's processes or a Ray cluster.
        time_limit: seconds after which no more is tried; None: no limit.
        memory_limit: bytes that all trainings side by side may take together; None: no limit.
        disk_limit: bytes that the prepared images and the run's files may take; None: no limit.
        pruner: the rule that ends settings early which are worse than others were by then.
        seed: what is drawn follows from it.
        threads: computing threads of one training.
    """

    kind: ClassVar[str] = "tune"
    title: ClassVar[str] = "Tuning"
    noun: ClassVar[str] = "Search"
    step: ClassVar[str] = "tune"
    reported: ClassVar[bool] = True
    repeatable: ClassVar[bool] = True
    fills_table: ClassVar[bool] = True
    side_by_side: ClassVar[bool] = True

    space: InstanceOf[SearchSpace]
    search: Search = "grid"
    objective: Objective = "accuracy"
    trials: int | None = Field(None, ge=1)
    folds: int = Field(3, ge=1)
    repeats: int = Field(1, ge=1)
    images: int | None = Field(IMAGE_LIMIT, ge=2)
    jobs: int | None = Field(None, ge=1)
    executor: ExecutorName = "local"
    time_limit: float | None = Field(None, gt=0)
    memory_limit: int | None = Field(None, gt=0)
    disk_limit: int | None = Field(None, gt=0)
    pruner: Pruner = "none"
    seed: int = Field(0, ge=0, le=MAX_SEED)

    @field_validator("space")
    @classmethod
    def _check_space(cls, space: SearchSpace) -> SearchSpace:
        declared = fields_of(HyperParams)
        fixed = [name for name in space.varied if not declared[name].tunable]
        if fixed:
            tunable = ", ".join(name for name, field in declared.items() if field.tunable)
            named = " and ".join(f"{name} ({declared[name].label})" for name in fixed)
            raise ValueError(f"{named}: cannot be tuned; these can: {tunable}")
        return space

    @field_validator("pruner")
    @classmethod
    def _check_pruner(cls, pruner: Pruner, info: ValidationInfo) -> Pruner:
        # Fields are checked in their order, so `search` is known here unless it failed its own check.
        if pruner != "none" and info.data.get("search") == "grid":
            raise ValueError("pruner: a grid search completes every trial. Use a pruner with random or tpe")
        return pruner

    @property
    def planned_trials(self) -> int:
        """How many settings will be tried."""
        if self.search != "grid":
            return self.trials or DRAWN_TRIALS
        return min(self.space.size(), self.trials or self.space.size())
