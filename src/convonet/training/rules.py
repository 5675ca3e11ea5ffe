"""Rules that look at each epoch's scores: keep the best weights, stop, lower the rate.

Their state goes into checkpoints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from convonet.errors import ParamError
from convonet.params.hyper_params import HyperParams
from convonet.params.labels import named
from convonet.text import counted
from convonet.training.collapse import CollapseState

_ROUNDING = 1 + 1e-9
"""A rate that was lowered to the least one by a factor may miss it in its last digits."""


def is_better(value: float, best: float, monitor: str, min_delta: float = 0.0) -> bool:
    """Whether a score improved by more than `min_delta`. Losses fall, all other scores rise; NaN never improves."""
    gain = best - value if monitor.endswith("loss") else value - best
    return not math.isnan(value) and gain > min_delta


def worst(monitor: str) -> float:
    """The score that anything improves on."""
    return math.inf if monitor.endswith("loss") else -math.inf


class BestState(TypedDict):
    """Of `BestKeeper`: the best epoch so far and its score."""

    epoch: int | None
    value: float | None


class PatienceState(TypedDict):
    """Of `EarlyStopping` and `Plateau`: the best score so far, and for how many epochs it has not improved."""

    best: float | None
    waited: int


class RulesState(TypedDict, total=False):
    """Of the rules that a training has. A target needs none: each epoch is compared with it alone."""

    keeper: BestState
    stopping: PatienceState
    plateau: PatienceState
    collapse: CollapseState


@dataclass
class BestKeeper:
    """Remembers the best epoch by a score; whoever trains keeps that epoch's weights."""

    monitor: str
    min_delta: float = 0.0
    epoch: int | None = None
    value: float | None = None

    def update(self, epoch: int, logs: Mapping[str, float]) -> bool:
        """Whether this epoch is the best so far."""
        value = logs.get(self.monitor, math.nan)
        best = worst(self.monitor) if self.value is None else self.value
        if not is_better(value, best, self.monitor, self.min_delta):
            return False
        self.epoch, self.value = epoch, value
        return True

    def state(self) -> BestState:
        """What a checkpoint keeps."""
        return {"epoch": self.epoch, "value": self.value}

    def restore(self, state: BestState) -> None:
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

    def update(self, logs: Mapping[str, float]) -> str | None:
        """The reason to stop after this epoch, or None."""
        value = logs.get(self.monitor, math.nan)
        if is_better(
            value, worst(self.monitor) if self.best is None else self.best, self.monitor, self.min_delta
        ):
            self.best, self.waited = value, 0
            return None
        self.waited += 1
        if self.waited < self.patience:
            return None
        return f"{self.monitor} has not improved for {counted(self.patience, 'epoch')}"

    def state(self) -> PatienceState:
        """What a checkpoint keeps."""
        return {"best": self.best, "waited": self.waited}

    def restore(self, state: PatienceState) -> None:
        """Take up a checkpoint's state."""
        self.best, self.waited = state["best"], state["waited"]


@dataclass
class TargetStop:
    """Stops after the first epoch whose score is at or above the target."""

    metric: str
    target: float

    def update(self, logs: Mapping[str, float]) -> str | None:
        """The reason to stop after this epoch, or None."""
        if not logs.get(self.metric, math.nan) >= self.target:
            return None
        return f"{self.metric} reached the target of {self.target:g}"


@dataclass
class Plateau:
    """Lowers the rate when the score has not improved for `patience` epochs; the numbers are those of Keras."""

    monitor: str
    patience: int
    factor: float
    min_rate: float
    min_delta: float = 0.0
    best: float | None = None
    waited: int = 0

    def update(self, logs: Mapping[str, float], rate: float) -> float:
        """The rate after this epoch, `rate` or a lower one."""
        value, best = (
            logs.get(self.monitor, math.nan),
            worst(self.monitor) if self.best is None else self.best,
        )
        if is_better(value, best, self.monitor, self.min_delta):
            self.best, self.waited = value, 0
            return rate
        self.waited += 1
        # At the lowest rate there is nothing to do, and nobody wants to be told so each time.
        if self.waited < self.patience or rate <= self.min_rate * _ROUNDING:
            return rate
        self.waited = 0
        return max(rate * self.factor, self.min_rate)

    def state(self) -> PatienceState:
        """What a checkpoint keeps."""
        return {"best": self.best, "waited": self.waited}

    def restore(self, state: PatienceState) -> None:
        """Take up a checkpoint's state."""
        self.best, self.waited = state["best"], state["waited"]


@dataclass(frozen=True)
class Rules:
    """The rules of one training; those that were not asked for are None."""

    keeper: BestKeeper | None = None
    stopping: EarlyStopping | None = None
    target: TargetStop | None = None
    plateau: Plateau | None = None

    def reason_to_stop(self, logs: Mapping[str, float]) -> str:
        """Why training is over after this epoch; empty where it is not. Every rule sees every epoch."""
        reasons = [rule.update(logs) for rule in (self.target, self.stopping) if rule is not None]
        return next((reason for reason in reasons if reason), "")

    def state(self) -> RulesState:
        """What a checkpoint keeps."""
        state: RulesState = {}
        if self.keeper is not None:
            state["keeper"] = self.keeper.state()
        if self.stopping is not None:
            state["stopping"] = self.stopping.state()
        if self.plateau is not None:
            state["plateau"] = self.plateau.state()
        return state

    def restore(self, state: RulesState) -> None:
        """Take up a checkpoint's state."""
        if self.keeper is not None:
            self.keeper.restore(state["keeper"])
        if self.stopping is not None:
            self.stopping.restore(state["stopping"])
        if self.plateau is not None:
            self.plateau.restore(state["plateau"])


def create_rules(hyper: HyperParams, *, validation: bool) -> Rules:
    """The rules that the hyperparameters ask for.

    Raises:
        ParamError: a rule watches a validation score and there is no validation.
    """
    faults = {
        name: f"{named(name)}: {score} needs validation images. Monitor loss or accuracy instead"
        for name, score in hyper.watched.items()
        if score.startswith("val_") and not validation
    }
    if faults:
        raise ParamError.of(faults)
    stopping, plateau = None, None
    if hyper.stop_patience is not None:
        stopping = EarlyStopping(hyper.stop_monitor, hyper.stop_patience, hyper.stop_min_delta)
    if hyper.plateau_patience is not None:
        plateau = Plateau(
            hyper.plateau_monitor,
            hyper.plateau_patience,
            hyper.plateau_factor,
            hyper.min_rate,
            hyper.plateau_min_delta,
        )
    target = TargetStop(hyper.target_metric, hyper.target) if hyper.target is not None else None
    return Rules(_keeper(hyper, validation), stopping, target, plateau)


def _keeper(hyper: HyperParams, validation: bool) -> BestKeeper | None:
    """The rule that chooses the model's epoch; None: the last one.

    Where `save_best` is not set, early stopping decides if it is on, else the validation loss.
    """
    if hyper.save_best not in (None, "none"):
        return BestKeeper(hyper.save_best, hyper.stop_min_delta if hyper.stop_patience else 0.0)
    if hyper.stop_patience is not None:
        return BestKeeper(hyper.stop_monitor, hyper.stop_min_delta) if hyper.stop_restore_best else None
    # The loss, not the accuracy: with few images many epochs share one accuracy, and the loss still tells
    # them apart.
    return BestKeeper("val_loss") if hyper.save_best is None and validation else None
