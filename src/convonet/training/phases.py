"""Transfer learning in two phases with one history: the head on a frozen backbone, then the end of that too.

Each phase is a TrainingRun with a checkpoint of its own. A phase that is over goes straight to its end when the
run is resumed, so the weights, the history and the position are those of an uninterrupted run.
"""

from __future__ import annotations

import math
from dataclasses import replace
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
from convonet.nets.backbones import freeze, release
from convonet.nets.layers import seed_of
from convonet.nets.net_model import NetModel
from convonet.params.hyper_params import HyperParams
from convonet.training.checkpoint import CheckpointFile
from convonet.training.converged import converged
from convonet.training.features import FrozenBackbone, split_at_backbone
from convonet.training.history import History
from convonet.training.image_rows import ImageRows
from convonet.training.net_training import NetTraining
from convonet.training.result import TrainingResult
from convonet.training.rules import create_rules, is_better
from convonet.training.training_run import TrainingRun

SECOND_CHECKPOINT = "checkpoint_2.npz"
PHASE_FILES = (SECOND_CHECKPOINT, "features_train.npy", "features_val.npy")
"""What a training in phases keeps beside its checkpoint until it is over."""

_LEAST_SECONDS = 1e-3


class _ConvergedHead:
    """A first phase that has no epochs: its head is fitted to convergence."""

    spent = 0.0

    def __init__(self, result: TrainingResult) -> None:
        self.history, self.speed = result.history, result.images_per_second


def has_phases(model: NetModel, hyper: HyperParams) -> bool:
    """Whether a network is trained in phases: it stands on a backbone, and the parameters say so."""
    return model.info.base is not None and hyper.family == "transfer"


def create_training(model: NetModel, hyper: HyperParams, **settings: Any) -> NetTraining:
    """The training of a network, in phases where it has a backbone.

    Args:
        settings: other arguments of `NetTraining`.
    """
    kind = PhasedTraining if has_phases(model, hyper) else NetTraining
    return kind(model, hyper, **settings)


class PhasedTraining(NetTraining):
    """How a network on a backbone is trained.

    The first phase has the epochs, rate and patience of every training; those of the second are `fine_tune_…`.
    Without augmentation, or where the head is fitted to convergence, the first phase computes the features of each
    image once and trains on them. Where the best epoch is kept, it is the best of both phases.
    """

    def begin(self, train: ImageRows, val: ImageRows | None = None, watch: Watch | None = None) -> PhasedRun:
        return PhasedRun(self, train, val, watch or Watch())


class PhasedRun:
    """One training in phases on some images; arguments are those of `TrainingRun`."""

    def __init__(self, training: NetTraining, train: ImageRows, val: ImageRows | None, watch: Watch) -> None:
        self._training, self._train, self._val, self._watch = training, train, val, watch
        self._earlier: list[dict[str, float]] = []
        self._phase: TrainingRun | _ConvergedHead | None = None
        checkpoint = training.checkpoint
        self._second_file = (
            None if checkpoint is None else CheckpointFile(checkpoint.path.with_name(SECOND_CHECKPOINT))
        )

    @property
    def history(self) -> History:
        """Rows of the finished epochs of both phases, also after a stop."""
        return History() if self._phase is None else self._whole(self._phase.history)

    @property
    def speed(self) -> float:
        """Images per second in the steps of the phase that was trained last."""
        return 0.0 if self._phase is None else self._phase.speed

    def train(self) -> TrainingResult:
        """Train both phases; the result has the history of both.

        Raises:
            Cancelled: the person asked to stop; the checkpoint is written.
        """
        model, hyper = self._training.model, self._training.hyper
        backbone = model.keras_model.get_layer(model.info.base)
        freeze(backbone)
        first = self._train_first()
        second_hyper = self._second_hyper(first)
        if second_hyper is None:
            return first
        # Kept before the backbone may move: fine-tuning is not always better, and then this is the model.
        head_only = model.keras_model.get_weights()
        release(backbone, hyper.release, scale_and_shift=hyper.train_norm)
        return self._better(first, head_only, self._train_second(second_hyper))

    def _train_first(self) -> TrainingResult:
        """The head on the frozen backbone."""
        hyper, model = self._training.hyper, self._training.model
        train, val = self._train, self._val
        if hyper.head_solver == "lbfgs" or not hyper.augments:
            self._watch.tell(
                StageStarted(stage="features", title="Computing features with the frozen backbone")
            )
            fixed, model = split_at_backbone(model)
            backbone = FrozenBackbone(fixed)
            frozen = backbone.features(train, self._watch)
            train = frozen.rows
            val = None if val is None else backbone.features(val, self._watch).rows
            if hyper.head_solver == "lbfgs":
                return self._converge(model, train, val, frozen.images_per_second)
        # The length that may change on the way is that of fine-tuning.
        settings = replace(self._training, model=model, new_length=lambda epoch, seconds: None)
        if self._second_began():
            # The history file of a run in its second phase is longer than what the first one knows.
            settings = replace(settings, on_resume=lambda history, size: None)
        follows = hyper.fine_tune_epochs
        watch = PhaseWatch(self._watch, later=follows)
        return self._run_phase(TrainingRun(settings, train, val, watch))

    def _converge(
        self, head: NetModel, train: ImageRows, val: ImageRows | None, images_per_second: float
    ) -> TrainingResult:
        """Fit the head in one go. It has no checkpoint: a resumed run fits it again, to the same weights."""
        result = converged(head, self._training.hyper, train, val, self._watch)
        result = replace(result, images_per_second=images_per_second)
        self._phase = _ConvergedHead(result)
        if not self._second_began():
            self._training.on_resume(History(), 0)
            self._training.on_history(result.history)
        return result

    def _train_second(self, hyper: HyperParams) -> TrainingResult:
        """Fine-tuning: the end of the backbone too."""
        self._watch.tell(StageStarted(stage="fine_tune", title="Fine-tuning the end of the backbone"))
        given, offset = self._training, len(self._earlier)
        # Not `replace`: that would give the phases of a phased training phases of their own.
        training = NetTraining(
            given.model,
            hyper,
            self._second_file,
            on_history=lambda history: given.on_history(self._whole(history)),
            on_resume=lambda history, size: given.on_resume(self._whole(history), size),
            validates=lambda epoch: given.validates(offset + epoch),
            callbacks=given.callbacks,
            stop_after=lambda epoch: given.stop_after(offset + epoch),
            new_length=given.new_length,
            on_collapse=given.on_collapse,
            workers=given.workers,
            executor=given.executor,
            loss=given.loss,
        )
        watch = PhaseWatch(self._watch, earlier=offset)
        result = self._run_phase(TrainingRun(training, self._train, self._val, watch))
        return replace(result, history=self._whole(result.history), model_epoch=offset + result.model_epoch)

    def _run_phase(self, phase: TrainingRun) -> TrainingResult:
        self._phase = phase
        return phase.train()

    def _second_began(self) -> bool:
        return self._second_file is not None and self._second_file.exists()

    def _second_hyper(self, first: TrainingResult) -> HyperParams | None:
        """The second phase's parameters; None where there is none, or nothing is left to do."""
        hyper = self._training.hyper
        assert self._phase is not None
        reached = hyper.target is not None and first.history.rows[-1][hyper.target_metric] >= hyper.target
        left = None if hyper.time_limit is None else hyper.time_limit - self._phase.spent
        collapsed = first.collapse is not None and first.stopped == first.collapse.reason()
        if not hyper.fine_tune_epochs or reached or collapsed or (left is not None and left <= 0):
            return None
        self._earlier = list(first.history.rows)
        # The time limit is one for both phases.
        return fine_tuning(hyper).changed(time_limit=None if left is None else max(left, _LEAST_SECONDS))

    def _better(
        self, first: TrainingResult, head_only: list[np.ndarray], second: TrainingResult
    ) -> TrainingResult:
        """The second phase's result, with the first one's weights where the best epoch is kept and was there."""
        keeper = create_rules(self._training.hyper, validation=self._val is not None).keeper
        if keeper is None:
            return second
        scores = [
            result.history.rows[result.model_epoch - 1].get(keeper.monitor, math.nan)
            for result in (first, second)
        ]
        if is_better(scores[1], scores[0], keeper.monitor):
            return second
        self._training.model.keras_model.set_weights(head_only)
        return replace(second, model_epoch=first.model_epoch, collapse=first.collapse)

    def _whole(self, history: History) -> History:
        return History([*self._earlier, *history.rows], history.extra)


def fine_tuning(hyper: HyperParams) -> HyperParams:
    """The hyperparameters of the second phase; its draws are not those of the first."""
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
        earlier, later: epochs of the phases before and after this one; where another one follows, the end of this one
            is not that of training.
    """

    def __init__(self, watch: Watch, *, earlier: int = 0, later: int = 0) -> None:
        super().__init__()
        self._watch, self._earlier, self._later = watch, earlier, later

    def tell(self, event: Event) -> None:
        self._watch.tell(self._moved(event))

    def check(self) -> None:
        self._watch.check()

    def _moved(self, event: Event) -> Event:
        match event:
            case TrainingStarted():
                first = self._earlier + event.first_epoch
                return replace(event, epochs=self._all(event.epochs), first_epoch=first)
            case BatchEnded() | EpochEnded():
                return replace(event, epochs=self._all(event.epochs), epoch=self._earlier + event.epoch)
            case TrainingStopped() if self._later:
                return Warned(message=f"The first phase ended early: {event.reason}", subject="phase")
            case TrainingStopped() | CheckpointSaved():
                return replace(event, epoch=self._earlier + event.epoch)
            case _:
                return event

    def _all(self, epochs: int) -> int:
        return self._earlier + epochs + self._later
