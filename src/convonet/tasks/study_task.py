"""What a target study is to do."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, InstanceOf, field_validator

from convonet.errors import ParamError
from convonet.params.search_space import SearchSpace
from convonet.tasks.task import ResumableTask

StudyMetric = Literal["accuracy", "val_accuracy"]


class StudyTask(ResumableTask):
    """Train each setting of a grid and note the epochs that it needed to each target.

    Attributes:
        space: the settings; its `epochs` are the most that each is trained.
        targets: accuracies, 0..1, reached at or above.
        metric: of the training images or of those that are held out.
        images: at most so many, stratified by class; None: all.
        jobs: trainings side by side; None: one a core, each with `threads` threads.
    """

    kind: ClassVar[str] = "study"
    title: ClassVar[str] = "Target study"
    noun: ClassVar[str] = "Target study"
    step: ClassVar[str] = "tune"
    reported: ClassVar[bool] = True
    repeatable: ClassVar[bool] = True
    fills_table: ClassVar[bool] = True
    side_by_side: ClassVar[bool] = True

    space: InstanceOf[SearchSpace]
    targets: tuple[Annotated[float, Field(gt=0, le=1)], ...]
    metric: StudyMetric = "accuracy"
    images: int | None = Field(None, ge=1)
    jobs: int | None = Field(None, ge=1)

    @field_validator("space")
    @classmethod
    def _check_space(cls, space: SearchSpace) -> SearchSpace:
        if "epochs" in space.varied:
            raise ValueError("epochs: expected one value, the maximum number of epochs for each setting")
        try:
            # A study trains the whole grid, so a range without a step is refused here and not by the worker.
            space.size()
        except ParamError as error:
            raise ValueError("; ".join(error.faults.values())) from error
        return space

    @field_validator("targets")
    @classmethod
    def _check_targets(cls, targets: tuple[float, ...]) -> tuple[float, ...]:
        if not targets:
            raise ValueError("targets: expected accuracies > 0 and ≤ 1, received none")
        return targets
