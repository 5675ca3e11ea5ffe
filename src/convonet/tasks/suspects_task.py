"""What a search for wrong labels is to do."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, InstanceOf

from convonet.params.hyper_params import HyperParams
from convonet.tasks.task import ResumableTask


class SuspectsTask(ResumableTask):
    """Rank training images by how suspicious their labels are.

    Attributes:
        folds: each image is answered by models that were trained on the other folds.
        repeats: number of repetitions with different seeds and folds; the predictions are averaged.
    """

    kind: ClassVar[str] = "suspects"
    title: ClassVar[str] = "Finding suspicious labels"
    noun: ClassVar[str] = "Suspicious labels"
    step: ClassVar[str] = "data"

    hyper: InstanceOf[HyperParams]
    folds: int = Field(5, ge=2)
    repeats: int = Field(3, ge=1)
