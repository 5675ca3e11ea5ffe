"""NetTraining: the epoch loop. It is ours, so that a killed training goes on with the same numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from convonet.errors import Cancelled, DataError
from convonet.events import (
    BatchEnded,
    CheckpointSaved,
    EpochEnded,
    TrainingStarted,
    TrainingStopped,
    Warned,
    Watch,
)
from convonet.nets.backend import put
from convonet.nets.net_model import NetModel
from convonet.params.hyper_params import HyperParams
from convonet.training.averaging import STATISTICS_IMAGES as AVERAGE_IMAGES
from convonet.training.averaging import WeightAverage
from convonet.training.batch_norm import STATISTICS_IMAGES, BatchNormStatistics
from convonet.training.checkpoint import Checkpoint, CheckpointFile, Position, Snapshot
from convonet.training.collapse import Collapse
from convonet.training.guard import NanGuard, create_collapse_guard
from convonet.training.history import History
from convonet.training.image_rows import BatchMaker, ImageRows
from convonet.training.optimizers import create_optimizer
from convonet.training.own_callbacks import OwnCallbacks
from convonet.training.rules import create_rules
from convonet.training.schedules import create_schedule
from convonet.training.scoring import Scorer
from convonet.training.seeding import LayerSeeds, epoch_order
from convonet.training.steps import create_step

__all__ = ["ImageRows", "NetTraining", "TrainingResult"]

_COLLAPSE = "collapse"
_TELL_SECONDS = 0.1
_SAVE_SECONDS = 30.0
_SAVE_SHARE = 0.05


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


@dataclass
class NetTraining:
    """Trains a network, tells its progress, and can go on from where it was stopped.

    Args:
        model: the network; its weights are changed in place.
        hyper: how to train.
        checkpoint: where to keep the state; if it exists, training goes on from it. None keeps nothing.
        on_history: called with the history after each epoch, before the checkpoint is written; gives the
            size of what it wrote, which a resumed run cuts back to.
        validates: whether an epoch (from 1) is scored on the validation images; where a rule watches a
            validation score it must be every epoch.
        callbacks: a person's own `keras.callbacks.Callback`s. Their state is not in the checkpoint.
        stop_after: asked after each epoch (from 1); the reason to stop there, empty where there is none.
        on_collapse: called after each epoch in which training has collapsed; true ends training, with
            `Collapse.reason()` as `TrainingResult.stopped`. None: training goes on. One warning says so either way.
    """

    model: NetModel
    hyper: HyperParams
    checkpoint: CheckpointFile | None = None
    on_history: Callable[[History], int] = lambda history: 0
    on_resume: Callable[[History, int], None] = lambda history, size: None
    validates: Callable[[int], bool] = lambda epoch: True
    callbacks: Sequence[Any] = ()
    stop_after: Callable[[int], str] = lambda epoch: ""
    on_collapse: Callable[[Collapse], bool] | None = None
    _position: Position = field(default_factory=Position, init=False)

    def train(self, train: ImageRows, watch: Watch | None = None) -> TrainingResult:
        """Train on all images, without validation."""
        return self._run(train, None, watch or Watch())

    def train_val(self, train: ImageRows, val: ImageRows, watch: Watch | None = None) -> TrainingResult:
        """Train, and score the validation images after each epoch."""
        return self._run(train, val, watch or Watch())

    def _run(self, train: ImageRows, val: ImageRows | None, watch: Watch) -> TrainingResult:
        if not len(train) or (val is not None and not len(val)):
            raise DataError(
                "There are no images to train on" if not len(train) else "There are no validation images"
            )
        self._prepare(train, val, watch)
        self._position = Position(batch_size=self.hyper.batch_size)
        self._best: list[np.ndarray] | None = None
        self._history = History(extra=self.hyper.extra_scores if val is not None else ())
        if self.checkpoint is not None and self.checkpoint.exists():
            self._restore(self.checkpoint.load())
        self._saved_at, self._save_cost, self._clock_running = time.monotonic(), 0.0, False
        self._began = time.monotonic() - self._position.spent
        return self._loop()

    def _prepare(self, train: ImageRows, val: ImageRows | None, watch: Watch) -> None:
        """What follows from the hyper parameters and the images alone."""
        hyper, info, keras_model = self.hyper, self.model.info, self.model.keras_model
        self._train_rows, self._val_rows, self._watch = train, val, watch
        self._steps = -(-len(train) // hyper.batch_size)
        self._rules = create_rules(hyper, validation=val is not None)
        self._batches_of = BatchMaker(train, hyper, info)
        self._schedule = create_schedule(hyper, self._steps)
        self._optimizer = create_optimizer(hyper)
        self._step = create_step(keras_model, self._optimizer, info.output, hyper)
        self._scorer = None if val is None else Scorer(self._step, val, info, hyper)
        self._layer_seeds = LayerSeeds(list(keras_model._flatten_layers()), hyper.seed)
        window = hyper.weight_average * self._steps
        self._average = WeightAverage(keras_model, window) if window else None
        self._statistics = BatchNormStatistics(keras_model)
        self._guard = (
            NanGuard(keras_model, self._optimizer, len(info.classes), self._steps, average=self._average)
            if hyper.nan_guard
            else None
        )
        self._collapse = create_collapse_guard(info, hyper, train, val, self._steps)
        self._own = OwnCallbacks(self.callbacks, keras_model, hyper.epochs, self._steps)

    def _loop(self) -> TrainingResult:
        position = self._position
        self._watch.tell(
            TrainingStarted(
                epochs=self.hyper.epochs,
                steps=self._steps,
                images=len(self._train_rows),
                validation_images=0 if self._val_rows is None else len(self._val_rows),
                first_epoch=position.epoch,
                first_step=position.step,
            )
        )
        self._given_rate = self._rate(position.step)
        if not position.ended and position.epoch <= self.hyper.epochs:
            # A training that is over keeps the rate of its last batch, which the checkpoint holds.
            self._optimizer.learning_rate.assign(self._given_rate)
        self._own.train_began()
        try:
            while not position.ended and position.epoch <= self.hyper.epochs:
                self._epoch()
        except Cancelled:
            self._save()
            raise
        self._own.train_ended(self._history.rows[-1])
        return self._finish()

    def _epoch(self) -> None:
        position, started = self._position, time.monotonic()
        order = epoch_order(len(self._train_rows), self.hyper.seed, position.epoch)
        if position.step == 0:
            if self._guard is not None:
                self._guard.remember()
            self._own.epoch_began(position.epoch)
        self._step.reset(position.loss_sum, position.correct)
        try:
            sound = self._batches(order)
        finally:
            position.loss_sum, position.correct = self._step.sums()
        logs = self._logs() if sound else {}
        if self._guard is not None and not (sound and self._guard.is_sound(logs)):
            self._guard.go_back(position, self._rate(), self._watch)
            return
        if self._guard is not None:
            self._guard.settle(position, self._rate(), self._watch)
        self._end_epoch(logs, time.monotonic() - started)

    def _batches(self, order: np.ndarray) -> bool:
        """Train the batches of the epoch that are left; False where the loss is no longer a number."""
        position, told = self._position, 0.0
        while position.step < self._steps and not (position.step and self._out_of_time()):
            self._watch.check()
            before, shown = self._step.sums()[0], self._shown()
            self._batch(order)
            loss = (self._step.sums()[0] - before) / (self._shown() - shown)
            if self._guard and self._guard.must_go_back(position, loss, self._rate(), self._watch):
                return False
            if (now := time.monotonic()) - told >= _TELL_SECONDS or position.step == self._steps:
                told = now
                self._tell_batch()
            if self.checkpoint and now - self._saved_at > max(_SAVE_SECONDS, self._save_cost / _SAVE_SHARE):
                position.loss_sum, position.correct = self._step.sums()
                self._save()
        return True

    def _batch(self, order: np.ndarray) -> None:
        position, size = self._position, self.hyper.batch_size
        indices = order[position.step * size : (position.step + 1) * size]
        batch = self._batches_of.make(indices, position.epoch, position.step)
        self._set_rate()
        self._layer_seeds.set(position.epoch, position.step)
        started = time.perf_counter()
        self._step.train(batch)
        if self._clock_running:
            position.train_seconds += time.perf_counter() - started
            position.train_images += len(indices)
        self._clock_running = True
        position.step += 1
        if self._average is not None:
            self._average.add(self._steps_done())
        if self.callbacks:
            loss_sum, correct = self._step.sums()
            self._own.batch_ended(
                position.step - 1, {"loss": loss_sum / self._shown(), "accuracy": correct / self._shown()}
            )

    def _set_rate(self) -> None:
        """The rate of the next batch: the schedule's, and what a callback has made of it."""
        position = self._position
        position.rate_scale *= self._own.scale_of_rate(self._given_rate)
        self._given_rate = self._rate(position.step)
        put(self._optimizer.learning_rate, self._given_rate)
        self._own.batch_began(position.step)

    def _rate(self, step: int | None = None) -> float:
        """The rate of a batch of this epoch; None: of the last one that was trained."""
        position = self._position
        step = max(position.step - 1, 0) if step is None else step
        return self._schedule((position.epoch - 1) * self._steps + step) * position.rate_scale

    def _result_in_use(self) -> AbstractContextManager[None]:
        """Inside, the network has the weights that training would give if it ended here."""
        if self._average is None:
            return nullcontext()
        return self._average.shown(self._steps_done(), partial(self._update_statistics, AVERAGE_IMAGES))

    def _measures(self, epoch: int) -> bool:
        """Whether the weights after this epoch are scored, or kept as the best ones."""
        scored = self._scorer is not None and self.validates(epoch)
        return self._average is None and (scored or self._rules.keeper is not None)

    def _update_statistics(self, images: int = STATISTICS_IMAGES) -> Iterator[None]:
        """Show about so many images of the epoch that was trained last, its first ones, as they were shown in it."""
        size = self.hyper.batch_size
        epoch = self._position.epoch - (self._position.step == 0)
        order = epoch_order(len(self._train_rows), self.hyper.seed, epoch)
        for step in range(max(1, min(images, len(order)) // size)):
            self._layer_seeds.set(epoch, step)
            self._step.update_statistics(
                self._batches_of.make(order[step * size : (step + 1) * size], epoch, step)
            )
            yield

    def _steps_done(self) -> int:
        """Steps of the whole training so far."""
        return (self._position.epoch - 1) * self._steps + self._position.step

    def _shown(self) -> int:
        """Images that the epoch has shown so far."""
        return min(self._position.step * self.hyper.batch_size, len(self._train_rows))

    def _out_of_time(self) -> bool:
        limit = self.hyper.time_limit
        return limit is not None and time.monotonic() - self._began >= limit

    def _logs(self) -> dict[str, float]:
        """The row of the epoch: means over the images it showed, then over the validation images."""
        position, count = self._position, self._shown()
        logs = {
            "loss": position.loss_sum / count,
            "accuracy": position.correct / count,
            "learning_rate": self._rate(),
        }
        if self._measures(position.epoch):
            self._statistics.measure(self._update_statistics())
        if self._scorer is not None and self.validates(position.epoch):
            with self._result_in_use():
                logs |= self._scorer.score(self._watch)
        return logs

    def _end_epoch(self, logs: dict[str, float], seconds: float) -> None:
        position = self._position
        ended = position.epoch
        self._history.add(logs)
        if self._rules.keeper is not None and self._rules.keeper.see(ended, logs):
            with self._result_in_use():
                self._best = self.model.keras_model.get_weights()
        collapse = self._collapsed(logs)
        position.ended = self._reason_to_stop(logs) or collapse
        self._lower_rate(logs)
        position.epoch, position.step, position.loss_sum, position.correct, position.recent = (
            ended + 1,
            0,
            0.0,
            0,
            [],
        )
        position.history_bytes = self.on_history(self._history)
        self._step.reset()
        self._save()
        self._watch.tell(EpochEnded(epoch=ended, epochs=self.hyper.epochs, logs=logs, seconds=seconds))
        if position.ended:
            self._watch.tell(TrainingStopped(epoch=ended, reason=position.ended))

    def _reason_to_stop(self, logs: dict[str, float]) -> str:
        position = self._position
        reason = self._rules.reason_to_stop(logs)
        asked = self._own.epoch_ended(position.epoch, logs) or self.stop_after(position.epoch)
        if not self._out_of_time():
            return reason or asked
        cut = f" after {position.step} of {self._steps} batches" if position.step < self._steps else ""
        return (
            reason
            or asked
            or f"the time limit of {self.hyper.time_limit:g} s was reached in epoch {position.epoch}{cut}"
        )

    def _collapsed(self, logs: dict[str, float]) -> str:
        """The reason to stop where training has collapsed and the caller wants it to end; else empty."""
        scored = self._scorer is not None and "val_loss" in logs
        predictions = self._scorer.predictions if self._scorer is not None and scored else None
        collapse = self._collapse.update(self._history.rows, predictions)
        if collapse is None:
            return ""
        if not self._collapse.warned:
            self._collapse.warned = True
            self._watch.tell(Warned(message=collapse.text(), subject="collapse"))
        return collapse.reason() if self.on_collapse is not None and self.on_collapse(collapse) else ""

    def _lower_rate(self, logs: dict[str, float]) -> None:
        plateau = self._rules.plateau
        if plateau is None:
            return
        rate = self._rate()
        lower = plateau.see(logs, rate)
        if lower < rate:
            self._position.rate_scale *= lower / rate
            message = (
                f"{plateau.monitor} is on a plateau: the learning rate goes from {rate:.3g} to {lower:.3g}"
            )
            self._watch.tell(Warned(message=message, subject="plateau"))

    def _finish(self) -> TrainingResult:
        model_epoch, keeper = len(self._history), self._rules.keeper
        if keeper is not None and self._best is not None and keeper.epoch is not None:
            self.model.keras_model.set_weights(self._best)
            model_epoch = keeper.epoch
        elif self._average is not None:
            update_statistics = partial(self._update_statistics, AVERAGE_IMAGES)
            self.model.keras_model.set_weights(self._average.weights(self._steps_done(), update_statistics))
        elif not self._measures(model_epoch):
            self._statistics.measure(self._update_statistics())
        ended, collapse = self._position.ended, self._collapse.collapse
        return TrainingResult(self._history, model_epoch, ended, self.speed, collapse)

    @property
    def history(self) -> History:
        """Rows of the epochs that are finished, also after a stop."""
        return self._history

    @property
    def speed(self) -> float:
        """Images a second in training steps; 0 while nothing has been measured."""
        position = self._position
        return position.train_images / position.train_seconds if position.train_seconds else 0.0

    @property
    def spent(self) -> float:
        """Seconds of this training so far, earlier attempts included."""
        return time.monotonic() - self._began

    def _tell_batch(self) -> None:
        position, shown = self._position, self._shown()
        loss_sum, correct = self._step.sums()
        left = (self.hyper.epochs - position.epoch + 1) * len(self._train_rows) - shown
        self._watch.tell(
            BatchEnded(
                epoch=position.epoch,
                epochs=self.hyper.epochs,
                step=position.step,
                steps=self._steps,
                loss=loss_sum / shown,
                accuracy=correct / shown,
                images_per_second=self.speed,
                seconds_left=left / self.speed if self.speed else None,
            )
        )

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        started = time.monotonic()
        position = self._position
        position.history = self._history.rows
        position.rules = self._rules.state() | {_COLLAPSE: self._collapse.state()}
        position.spent = started - self._began
        now = Snapshot.take(self.model.keras_model, self._optimizer, self._average)
        good = self._guard.good if self._guard is not None and position.step else None
        self.checkpoint.save(Checkpoint(position, now, good, self._best))
        self._saved_at = time.monotonic()
        self._save_cost = self._saved_at - started
        self._watch.tell(CheckpointSaved(epoch=position.epoch, step=position.step))

    def _restore(self, saved: Checkpoint) -> None:
        position = saved.position
        start = saved.now
        if position.step and position.batch_size != self.hyper.batch_size and saved.good is not None:
            # Batches of another size cannot be counted on: the epoch begins anew.
            start, position.step, position.loss_sum, position.correct = saved.good, 0, 0.0, 0
            position.recent = []
        start.put_into(self.model.keras_model, self._optimizer, self._average)
        position.batch_size = self.hyper.batch_size
        self._position, self._best = position, saved.best
        self._history.rows = list(position.history)
        self._rules.restore(position.rules)
        if _COLLAPSE in position.rules:
            self._collapse.restore(position.rules[_COLLAPSE])
        if self._guard is not None:
            self._guard.good = saved.good
        self.on_resume(self._history, position.history_bytes)
