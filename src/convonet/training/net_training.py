"""NetTraining: the epoch loop. It is ours, so that a killed training goes on with the same numbers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from convonet.errors import Cancelled, DataError
from convonet.events import BatchEnded, CheckpointSaved, EpochEnded, TrainingStarted, TrainingStopped, Watch
from convonet.nets.backend import keras
from convonet.nets.net_model import NetModel
from convonet.params.hyper_params import HyperParams
from convonet.training.chance import LayerChance, epoch_order
from convonet.training.checkpoint import Checkpoint, CheckpointFile, Position
from convonet.training.history import History
from convonet.training.optimizers import create_optimizer
from convonet.training.rules import create_rules
from convonet.training.schedules import create_schedule
from convonet.training.steps import create_step

_SCORE_BATCH = 256
_TELL_SECONDS = 0.1
_SAVE_SECONDS = 30.0
_SAVE_SHARE = 0.05


@dataclass(frozen=True)
class ImageRows:
    """Some rows of a prepared set: `images` (N, H, W, C) uint8 and `labels` (N,) are shared, never copied."""

    images: np.ndarray
    labels: np.ndarray
    rows: np.ndarray

    @classmethod
    def all(cls, images: np.ndarray, labels: np.ndarray) -> ImageRows:
        """Every row."""
        return cls(images, labels, np.arange(len(labels)))

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray]:
        """A batch: the images and labels at these places of `rows`, copied out of the map."""
        rows = self.rows[places]
        return np.ascontiguousarray(self.images[rows]), np.ascontiguousarray(
            self.labels[rows], dtype=np.int64
        )


@dataclass(frozen=True)
class TrainingResult:
    """What a training gave.

    Attributes:
        history: one row an epoch.
        model_epoch: the epoch whose weights the model has.
        stopped: why it ended before its last epoch, empty if it did not.
        images_per_second: images over the time spent in training steps, without the first batch and validation.
    """

    history: History
    model_epoch: int
    stopped: str
    images_per_second: float


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
    """

    model: NetModel
    hyper: HyperParams
    checkpoint: CheckpointFile | None = None
    on_history: Callable[[History], int] = lambda history: 0
    on_resume: Callable[[History, int], None] = lambda history, size: None
    validates: Callable[[int], bool] = lambda epoch: True
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
        keras_model = self.model.keras_model
        self._train_rows, self._val_rows, self._watch = train, val, watch
        self._keeper, self._stopping = create_rules(self.hyper, validation=val is not None)
        self._schedule = create_schedule(self.hyper)
        self._optimizer = create_optimizer(self.hyper)
        self._step = create_step(keras_model, self._optimizer, self.model.info.output)
        self._chance = LayerChance(list(keras_model._flatten_layers()), self.hyper.seed)
        self._steps = -(-len(train) // self.hyper.batch_size)
        self._position = Position()
        self._best: list[np.ndarray] | None = None
        self._history = History()
        if self.checkpoint is not None and self.checkpoint.exists():
            self._restore(self.checkpoint.load())
        self._saved_at, self._save_cost, self._clock_running = time.monotonic(), 0.0, False
        return self._loop()

    def _loop(self) -> TrainingResult:
        place = self._position
        self._watch.tell(
            TrainingStarted(
                epochs=self.hyper.epochs,
                steps=self._steps,
                images=len(self._train_rows),
                validation_images=0 if self._val_rows is None else len(self._val_rows),
                first_epoch=place.epoch,
                first_step=place.step,
            )
        )
        try:
            while not place.ended and place.epoch <= self.hyper.epochs:
                self._epoch()
        except Cancelled:
            self._save()
            raise
        return self._finish()

    def _epoch(self) -> None:
        place, started = self._position, time.monotonic()
        order = epoch_order(len(self._train_rows), self.hyper.seed, place.epoch)
        self._step.reset(place.loss_sum, place.right)
        try:
            self._batches(order)
        finally:
            place.loss_sum, place.right = self._step.sums()
        self._end_epoch(self._logs(), time.monotonic() - started)

    def _batches(self, order: np.ndarray) -> None:
        place, told = self._position, 0.0
        while place.step < self._steps:
            self._watch.check()
            self._batch(order)
            if (now := time.monotonic()) - told >= _TELL_SECONDS or place.step == self._steps:
                told = now
                self._tell_batch()
            if self.checkpoint and now - self._saved_at > max(_SAVE_SECONDS, self._save_cost / _SAVE_SHARE):
                place.loss_sum, place.right = self._step.sums()
                self._save()

    def _batch(self, order: np.ndarray) -> None:
        place, size = self._position, self.hyper.batch_size
        images, labels = self._train_rows.take(order[place.step * size : (place.step + 1) * size])
        self._optimizer.learning_rate.assign(self._schedule((place.epoch - 1) * self._steps + place.step))
        self._chance.set(place.epoch, place.step)
        started = time.perf_counter()
        self._step.train(images, labels)
        place.step += 1
        if self._clock_running:
            place.train_seconds += time.perf_counter() - started
            place.train_images += len(labels)
        self._clock_running = True

    def _logs(self) -> dict[str, float]:
        """The row of the epoch: means over its images, then over the validation images."""
        place, count = self._position, len(self._train_rows)
        rate = self._schedule(place.epoch * self._steps - 1)
        logs = {"loss": place.loss_sum / count, "accuracy": place.right / count, "learning_rate": rate}
        if self._val_rows is not None and self.validates(place.epoch):
            logs |= self._score(self._val_rows)
        return logs

    def _score(self, rows: ImageRows) -> dict[str, float]:
        self._step.reset()
        for start in range(0, len(rows), _SCORE_BATCH):
            self._watch.check()
            self._step.score(*rows.take(slice(start, start + _SCORE_BATCH)))
        loss_sum, right = self._step.sums()
        return {"val_loss": loss_sum / len(rows), "val_accuracy": right / len(rows)}

    def _end_epoch(self, logs: dict[str, float], seconds: float) -> None:
        place = self._position
        ended = place.epoch
        self._history.add(logs)
        if self._keeper is not None and self._keeper.see(ended, logs):
            self._best = self.model.keras_model.get_weights()
        place.ended = (self._stopping.see(logs) if self._stopping is not None else None) or ""
        place.epoch, place.step, place.loss_sum, place.right = ended + 1, 0, 0.0, 0
        place.history_bytes = self.on_history(self._history)
        self._step.reset()
        self._save()
        self._watch.tell(EpochEnded(epoch=ended, epochs=self.hyper.epochs, logs=logs, seconds=seconds))
        if place.ended:
            self._watch.tell(TrainingStopped(epoch=ended, reason=place.ended))

    def _finish(self) -> TrainingResult:
        model_epoch = len(self._history)
        if self._keeper is not None and self._best is not None and self._keeper.epoch is not None:
            self.model.keras_model.set_weights(self._best)
            model_epoch = self._keeper.epoch
        stopped = self._position.ended if len(self._history) < self.hyper.epochs else ""
        return TrainingResult(self._history, model_epoch, stopped, self.speed)

    @property
    def history(self) -> History:
        """Rows of the epochs that are finished, also after a stop."""
        return self._history

    @property
    def speed(self) -> float:
        """Images a second in training steps; 0 while nothing has been measured."""
        place = self._position
        return place.train_images / place.train_seconds if place.train_seconds else 0.0

    def _tell_batch(self) -> None:
        place = self._position
        loss_sum, right = self._step.sums()
        shown = min(place.step * self.hyper.batch_size, len(self._train_rows))
        left = (self.hyper.epochs - place.epoch) * len(self._train_rows) + len(self._train_rows) - shown
        self._watch.tell(
            BatchEnded(
                epoch=place.epoch,
                epochs=self.hyper.epochs,
                step=place.step,
                steps=self._steps,
                loss=loss_sum / shown,
                accuracy=right / shown,
                images_per_second=self.speed,
                seconds_left=left / self.speed if self.speed else None,
            )
        )

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        started = time.monotonic()
        place, keras_model = self._position, self.model.keras_model
        place.history = self._history.rows
        place.rules = {name: rule.state() for name, rule in self._rules().items()}
        optimizer = [
            np.asarray(keras.ops.convert_to_numpy(variable)) for variable in self._optimizer.variables
        ]
        self.checkpoint.save(Checkpoint(place, keras_model.get_weights(), optimizer, self._best))
        self._saved_at = time.monotonic()
        self._save_cost = self._saved_at - started
        self._watch.tell(CheckpointSaved(epoch=place.epoch, step=place.step))

    def _rules(self) -> dict[str, Any]:
        rules = {"keeper": self._keeper, "stopping": self._stopping}
        return {name: rule for name, rule in rules.items() if rule is not None}

    def _restore(self, saved: Checkpoint) -> None:
        self.model.keras_model.set_weights(saved.weights)
        for variable, value in zip(self._optimizer.variables, saved.optimizer, strict=True):
            variable.assign(value)
        self._position, self._best = saved.position, saved.best
        self._history = History(list(saved.position.history))
        for name, rule in self._rules().items():
            rule.restore(saved.position.rules[name])
        self.on_resume(self._history, saved.position.history_bytes)
