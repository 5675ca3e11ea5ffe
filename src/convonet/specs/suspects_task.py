"""What a search for wrong labels is to do."""

from __future__ import annotations

from dataclasses import dataclass

from convonet.errors import ParamError
from convonet.params.data_params import DataParams
from convonet.params.hyper_params import HyperParams
from convonet.specs.tasks import Task


@dataclass(frozen=True, kw_only=True)
class SuspectsTask(Task):
    """Rank training images by how suspicious their labels are.

    Attributes:
        folds: each image is answered by models that were trained on the other folds.
        repeats: how often, with other seeds and other folds; the answers are averaged.
        accept_changed_data: go on although the images are no longer those that the run began with.

    Raises:
        ParamError: all faults at once.
    """

    kind = "suspects"
    data: DataParams
    hyper: HyperParams
    folds: int = 5
    repeats: int = 3
    accept_changed_data: bool = False

    def __post_init__(self) -> None:
        least = {"folds": (self.folds, 2), "repeats": (self.repeats, 1)}
        faults = {
            name: f"{name}: expected a whole number ≥ {low}, received {value}"
            for name, (value, low) in least.items()
            if value < low
        }
        if faults:
            raise ParamError.of(faults)
