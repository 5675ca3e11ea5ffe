"""Looks before a training: at learning rates and at augmented images."""

from __future__ import annotations

from dataclasses import dataclass

from convonet.params.data_params import DataParams
from convonet.params.hyper_params import HyperParams
from convonet.specs.tasks import Task


@dataclass(frozen=True, kw_only=True)
class FindRateTask(Task):
    """Find a good learning rate.

    Attributes:
        low, high: the first and the last rate that is tried.
        steps: batches, one for each rate.
        out: the PNG file of the plot; None: the job's folder.
    """

    kind = "find_rate"
    data: DataParams
    hyper: HyperParams
    low: float = 1e-6
    high: float = 1.0
    steps: int = 100
    out: str | None = None


@dataclass(frozen=True, kw_only=True)
class AugmentTask(Task):
    """Draw a page of augmented training images.

    Attributes:
        images: how many images are shown, each in a row with its variations.
        copies: variations of each.
        out: the PNG file; None: the job's folder.
        into: a folder for the variations of every training image, in class folders; None: none are written.
    """

    kind = "augment"
    data: DataParams
    hyper: HyperParams
    images: int = 6
    copies: int = 7
    out: str | None = None
    into: str | None = None
