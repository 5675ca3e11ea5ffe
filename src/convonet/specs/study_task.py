"""What a target study is to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from convonet.errors import ParamError
from convonet.params.data_params import DataParams
from convonet.params.search_space import SearchSpace
from convonet.specs.tasks import Task

StudyMetric = Literal["accuracy", "val_accuracy"]


@dataclass(frozen=True, kw_only=True)
class StudyTask(Task):
    """Train each setting of a grid and note the epochs that it needed to each target.

    Attributes:
        space: the settings; its `epochs` are the most that each is trained.
        targets: accuracies, 0..1, reached at or above.
        metric: of the training images or of those that are held out.
        images: at most so many, stratified by class; None: all.
        jobs: trainings side by side; None: one a core, each with `threads` threads.

    Raises:
        ParamError: all faults at once.
    """

    kind = "study"
    data: DataParams
    space: SearchSpace
    targets: tuple[float, ...]
    metric: StudyMetric = "accuracy"
    images: int | None = None
    jobs: int | None = None
    accept_changed_data: bool = False

    def __post_init__(self) -> None:
        faults = {}
        if not self.targets or not all(0 < target <= 1 for target in self.targets):
            shown = ", ".join(map(str, self.targets)) or "none"
            faults["targets"] = f"targets: expected accuracies > 0 and ≤ 1, received {shown}"
        if self.metric not in get_args(StudyMetric):
            known = ", ".join(get_args(StudyMetric))
            faults["metric"] = f"metric: expected one of {known}, received {self.metric!r}"
        for name, value in (("jobs", self.jobs), ("images", self.images), ("threads", self.threads)):
            if value is not None and value < 1:
                faults[name] = f"{name}: expected a whole number ≥ 1, received {value}"
        if "epochs" in self.space.varied:
            faults["epochs"] = "epochs: one value, the most that each setting is trained"
        if faults:
            raise ParamError.of(faults)
        self.space.size()
