"""Rules that look at each epoch's scores: keep the best weights, stop early. Their state goes into checkpoints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convonet.errors import ParamError
from convonet.params.hyper_params import HyperParams


def is_better(value: float, best: float, monitor: str, min_delta: float = 0.0) -> bool:
    """Whether a score improved by more than `min_delta`. Losses fall, all other scores rise; NaN never improves."""
    gain = best - value if monitor.endswith("loss") else value - best
    return not math.isnan(value) and gain > min_delta


def worst(monitor: str) -> float:
    """The score that anything improves on."""
    return math.inf if monitor.endswith("loss") else -math.inf


@dataclass
class BestKeeper:
    """Remembers the best epoch by a score; whoever trains keeps that epoch's weights."""

    monitor: str
    min_delta: float = 0.0
    epoch: int | None = None
    value: float | None = None

    def see(self, epoch: int, logs: Mapping[str, float]) -> bool:
        """Whether this epoch is the best so far."""
        value = logs[self.monitor]
        best = worst(self.monitor) if self.value is None else self.value
        if not is_better(value, best, self.monitor, self.min_delta):
            return False
        self.epoch, self.value = epoch, value
        return True

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"epoch": self.epoch, "value": self.value}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a checkpoint's state."""
        self.epoch, self.value = state["epoch"], state["value"]


@dataclass
class EarlyStopping:
    """Stops when the score has not improved for `patience` epochs (Prechelt 1998, "Early stopping — but when?")."""

    monitor: str
    patience: int
    min_delta: float = 0.0
    best: float | None = None
    waited: int = 0

    def see(self, logs: Mapping[str, float]) -> str | None:
        """The reason to stop after this epoch, or None."""
        value = logs[self.monitor]
        if is_better(
            value, worst(self.monitor) if self.best is None else self.best, self.monitor, self.min_delta
        ):
            self.best, self.waited = value, 0
            return None
        self.waited += 1
        if self.waited < self.patience:
            return None
        return f"{self.monitor} has not improved for {self.patience} epochs"

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"best": self.best, "waited": self.waited}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a checkpoint's state."""
        self.best, self.waited = state["best"], state["waited"]


def create_rules(hyper: HyperParams, *, validation: bool) -> tuple[BestKeeper | None, EarlyStopping | None]:
    """The rules that the hyper parameters ask for.

    Raises:
        ParamError: a rule watches a validation score and there is no validation.
    """
    stopping = None
    if hyper.stop_patience is not None:
        stopping = EarlyStopping(hyper.stop_monitor, hyper.stop_patience, hyper.stop_min_delta)
    monitor = None if hyper.save_best == "none" else hyper.save_best
    if monitor is None and stopping is not None and hyper.stop_restore_best:
        monitor = hyper.stop_monitor
    watched = {"stop_monitor": stopping and stopping.monitor, "save_best": monitor}
    faults = {
        name: f"{name}: {score} cannot be watched without validation; watch loss or accuracy, or validate"
        for name, score in watched.items()
        if score and score.startswith("val_") and not validation
    }
    if faults:
        raise ParamError.of(faults)
    keeper = BestKeeper(monitor, hyper.stop_min_delta if stopping else 0.0) if monitor else None
    return keeper, stopping
