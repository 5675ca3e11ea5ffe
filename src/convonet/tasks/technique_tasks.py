"""Looks before a training: at learning rates and at augmented images."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, InstanceOf, ValidationInfo, field_validator

from convonet.params.data_params import DataParams
from convonet.params.hyper_params import HyperParams
from convonet.tasks.task import Task


class FindRateTask(Task):
    """Find a good learning rate.

    Attributes:
        low, high: the first and the last rate that is tried.
        steps: batches, one for each rate.
        out: the PNG file of the plot; None: the job's folder.
    """

    kind: ClassVar[str] = "find_rate"
    title: ClassVar[str] = "Finding a learning rate"
    step: ClassVar[str] = "params"
    learns: ClassVar[bool] = True

    data: InstanceOf[DataParams]
    hyper: InstanceOf[HyperParams]
    low: float = Field(1e-6, gt=0)
    high: float = Field(1.0, gt=0)
    steps: int = Field(100, ge=10)
    out: str | None = None

    @field_validator("high")
    @classmethod
    def _check_high(cls, value: float, info: ValidationInfo) -> float:
        # A field that failed its own check is missing here, and has been reported already.
        low = info.data.get("low", 0)
        if value <= low:
            raise ValueError(f"high: expected a number > low, which is {low:g}, received {value:g}")
        return value


class AugmentTask(Task):
    """Draw a page of augmented training images.

    Attributes:
        images: how many images are shown, each in a row with its variations.
        copies: variations of each.
        out: the PNG file; None: the job's folder.
        into: a folder for the variations of every training image, in class folders; None: none are written.
    """

    kind: ClassVar[str] = "augment"
    title: ClassVar[str] = "Augmentation preview"
    step: ClassVar[str] = "params"
    learns: ClassVar[bool] = True

    data: InstanceOf[DataParams]
    hyper: InstanceOf[HyperParams]
    images: int = Field(6, ge=1)
    copies: int = Field(7, ge=1)
    out: str | None = None
    into: str | None = None
