"""What a training gives."""

from __future__ import annotations

from dataclasses import dataclass

from convonet.training.collapse import Collapse
from convonet.training.history import History


@dataclass(frozen=True)
class TrainingResult:
    """What a training gave.

    Attributes:
        history: one row an epoch.
        model_epoch: the epoch whose weights the model has.
        stopped: the rule that ended it, in words; empty where it went to its last epoch.
        images_per_second: images over the time spent in training steps, without the first batch and validation.
        collapse: where training had collapsed when it ended.
    """

    history: History
    model_epoch: int
    stopped: str
    images_per_second: float
    collapse: Collapse | None = None
