"""Transfer learning in two phases with one history: the head on a frozen base, then the end of the base too.

Each phase is a NetTraining with a checkpoint of its own. A phase that is over goes straight to its end when the
run is resumed, so the weights, the history and the position are those of an uninterrupted run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from convonet.events import (
    BatchEnded,
    CheckpointSaved,
    EpochEnded,
    Event,
    StageStarted,
    TrainingStarted,
    TrainingStopped,
    Warned,
    Watch,
)
from convonet.nets.bases import freeze, release
from convonet.nets.layers import seed_of
from convonet.nets.net_model import NetModel
from convonet.params.hyper_params import HyperParams
from convonet.training.checkpoint import CheckpointFile
from convonet.training.collapse import Collapse
from convonet.training.converged import converged
from convonet.training.features import FrozenBackbone, split_at_base
from convonet.training.history import History
from convonet.training.net_training import ImageRows, NetTraining, TrainingResult
from convonet.training.rules import create_rules, is_better

SECOND_CHECKPOINT = "checkpoint_2.npz"
PHASE_FILES = (SECOND_CHECKPOINT, "features_train.npy", "features_val.npy")
"""What a training in phases keeps beside its checkpoint until it is over."""

_LEAST_SECONDS = 1e-3


class _Converged:
    """A first phase that has no epochs: its head is fitted to convergence."""

    spent = 0.0

    def __init__(self, result: TrainingResult) -> None:
        self.history, self.speed = result.history, result.images_per_second


def has_phases(model: NetModel, hyper: HyperParams) -> bool:
    """Whether a network is trained in phases: it stands on a base, and the parameters say so."""
    return model.info.base is not None and hyper.family == "transfer"


@dataclass
class PhasedTraining:
    """Trains a network on a base; arguments and results are those of NetTraining.

    The first phase has the epochs, rate and patience of every training; those of the second are `fine_tune_…`.
    Without augmentation, or where the head is fitted to convergence, the first phase computes the features of each
    image once and trains on them. Where the best epoch is kept, it is the best of both phases.
    """

    model: NetModel
    hyper: HyperParams
    checkpoint: CheckpointFile | None = None
    on_history: Callable[[History], int] = lambda history: 0
    on_resume: Callable[[History, int], None] = lambda history, size: None
    callbacks: Sequence[Any] = ()
    stop_after: Callable[[int], str] = lambda epoch: ""
    on_collapse: Callable[[Collapse], bool] | None = None
    _earlier: list[dict[str, float]] = field(default_factory=list, init=False)
    _now: NetTraining | _Converged | None = field(default=None, init=False)

    def train(self, train: ImageRows, watch: Watch | None = None) -> TrainingResult:
        """Train on all images, without validation."""
        return self._run(train, None, watch or Watch())

    def train_val(self, train: ImageRows, val: ImageRows, watch: Watch | None = None) -> TrainingResult:
        """Train, and score the validation images after each epoch."""
        return self._run(train, val, watch or Watch())

    @property
    def history(self) -> History:
        """Rows of the finished epochs of both phases, also after a stop."""
        return History() if self._now is None else self._whole(self._now.history)

    @property
    def speed(self) -> float:
        """Images a second in the steps of the phase that was trained last."""
        return 0.0 if self._now is None else self._now.speed

    def _run(self, train: ImageRows, val: ImageRows | None, watch: Watch) -> TrainingResult:
        self._earlier, self._now = [], None
        base = self.model.keras_model.get_layer(self.model.info.base)
        freeze(base)
        first = self._first(train, val, watch)
        second_hyper = self._second_hyper(first)
        if second_hyper is None:
            return first
        head_only = self.model.keras_model.get_weights()
        release(base, self.hyper.release, scale_and_shift=self.hyper.train_norm)
        second = self._second(second_hyper, train, val, watch)
        return self._better(first, head_only, second, val is not None)

    def _first(self, train: ImageRows, val: ImageRows | None, watch: Watch) -> TrainingResult:
        model, converges = self.model, self.hyper.head_solver == "lbfgs"
        over = self._file(SECOND_CHECKPOINT)
        if converges or not self.hyper.augments:
            watch.tell(StageStarted(stage="features", title="Computing features with the frozen backbone"))
            fixed, model = split_at_base(self.model)
            base = FrozenBackbone(fixed)
            frozen = base.features(train, watch)
            train = frozen.rows
            val = None if val is None else base.features(val, watch).rows
            if converges:
                result = converged(model, self.hyper, train, val, watch)
                result = replace(result, images_per_second=frozen.images_per_second)
                self._now = _Converged(result)
                if over is None or not over.exists():
                    self.on_resume(History(), 0)
                    self.on_history(result.history)
                return result
        training = NetTraining(
            model,
            self.hyper,
            self.checkpoint,
            on_history=self.on_history,
            # The history of a run in its second phase is longer than what the first one knows.
            on_resume=(lambda history, size: None) if over and over.exists() else self.on_resume,
            callbacks=self.callbacks,
            stop_after=self.stop_after,
            on_collapse=self.on_collapse,
        )
        follows = self.hyper.fine_tune_epochs
        return self._phase(
            training, train, val, PhaseWatch(watch, 0, self.hyper.epochs + follows, follows > 0)
        )

    def _second(
        self, hyper: HyperParams, train: ImageRows, val: ImageRows | None, watch: Watch
    ) -> TrainingResult:
        watch.tell(StageStarted(stage="fine_tune", title="Fine-tuning the end of the base"))
        training = NetTraining(
            self.model,
            hyper,
            self._file(SECOND_CHECKPOINT),
            on_history=lambda history: self.on_history(self._whole(history)),
            on_resume=lambda history, size: self.on_resume(self._whole(history), size),
            callbacks=self.callbacks,
            stop_after=lambda epoch: self.stop_after(len(self._earlier) + epoch),
            on_collapse=self.on_collapse,
        )
        offset = len(self._earlier)
        result = self._phase(training, train, val, PhaseWatch(watch, offset, offset + hyper.epochs))
        return replace(result, history=self._whole(result.history), model_epoch=offset + result.model_epoch)

    def _phase(
        self, training: NetTraining, train: ImageRows, val: ImageRows | None, watch: Watch
    ) -> TrainingResult:
        self._now = training
        return training.train(train, watch) if val is None else training.train_val(train, val, watch)

    def _second_hyper(self, first: TrainingResult) -> HyperParams | None:
        """The second phase's parameters; None where there is none, or nothing is left to do."""
        hyper, now = self.hyper, self._now
        assert now is not None
        reached = hyper.target is not None and first.history.rows[-1][hyper.target_metric] >= hyper.target
        left = None if hyper.time_limit is None else hyper.time_limit - now.spent
        collapsed = first.collapse is not None and first.stopped == first.collapse.reason()
        if not hyper.fine_tune_epochs or reached or collapsed or (left is not None and left <= 0):
            return None
        self._earlier = list(first.history.rows)
        return fine_tuning(hyper).changed(time_limit=None if left is None else max(left, _LEAST_SECONDS))

    def _better(
        self, first: TrainingResult, head_only: list[np.ndarray], second: TrainingResult, validation: bool
    ) -> TrainingResult:
        """The second phase's result, with the first one's weights where the best epoch is kept and was there."""
        keeper = create_rules(self.hyper, validation=validation).keeper
        if keeper is None:
            return second
        scores = [result.history.rows[result.model_epoch - 1][keeper.monitor] for result in (first, second)]
        if is_better(scores[1], scores[0], keeper.monitor):
            return second
        self.model.keras_model.set_weights(head_only)
        return replace(second, model_epoch=first.model_epoch, collapse=first.collapse)

    def _whole(self, history: History) -> History:
        return History([*self._earlier, *history.rows], history.extra)

    def _file(self, name: str) -> CheckpointFile | None:
        return None if self.checkpoint is None else CheckpointFile(self.checkpoint.path.with_name(name))


def fine_tuning(hyper: HyperParams) -> HyperParams:
    """The hyper parameters of the second phase; its draws are not those of the first."""
    return hyper.changed(
        epochs=hyper.fine_tune_epochs,
        init_rate=hyper.fine_tune_rate or hyper.rate / 100,
        stop_patience=hyper.fine_tune_patience or hyper.stop_patience,
        plateau_patience=hyper.fine_tune_plateau_patience or hyper.plateau_patience,
        seed=seed_of(hyper.seed, "fine_tuning"),
    )


def remove_phase_files(folder: Path) -> None:
    """Remove what a training in phases kept for a resumption."""
    for name in PHASE_FILES:
        (folder / name).unlink(missing_ok=True)


class PhaseWatch(Watch):
    """Tells a phase's events with the epochs of the whole training.

    Args:
        offset: epochs of earlier phases.
        epochs: of all phases.
        follows: whether another phase comes, so that the end of this one is not that of training.
    """

    def __init__(self, watch: Watch, offset: int, epochs: int, follows: bool = False) -> None:
        super().__init__()
        self._watch, self._offset, self._epochs, self._follows = watch, offset, epochs, follows

    def tell(self, event: Event) -> None:
        self._watch.tell(self._moved(event))

    def check(self) -> None:
        self._watch.check()

    def _moved(self, event: Event) -> Event:
        match event:
            case TrainingStarted():
                return replace(event, epochs=self._epochs, first_epoch=self._offset + event.first_epoch)
            case BatchEnded() | EpochEnded():
                return replace(event, epochs=self._epochs, epoch=self._offset + event.epoch)
            case TrainingStopped() if self._follows:
                return Warned(message=f"The first phase ended early: {event.reason}", subject="phase")
            case TrainingStopped() | CheckpointSaved():
                return replace(event, epoch=self._offset + event.epoch)
            case _:
                return event
