"""Where a training stands, as its loop and every hook see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from convonet.events import Watch
from convonet.params.hyper_params import HyperParams
from convonet.training.checkpoint import Position
from convonet.training.history import History
from convonet.training.schedules import Schedule, create_schedule


@dataclass
class TrainingState:
    """What is trained, and how far.

    Attributes:
        images: training images, each shown once an epoch.
        optimizer: the Keras optimizer.
        history: rows of the finished epochs.
        position: what a checkpoint keeps of the rest.
    """

    hyper: HyperParams
    watch: Watch
    images: int
    optimizer: Any
    history: History
    position: Position = field(default_factory=Position)

    @property
    def epochs(self) -> int:
        """How many there are in all."""
        return self.position.epochs or self.hyper.epochs

    @cached_property
    def schedule(self) -> Schedule:
        """The learning rate of a step of the whole training, from 0."""
        return create_schedule(self.hyper.changed(epochs=self.epochs), self.steps)

    def set_epochs(self, epochs: int) -> None:
        """Make training longer or shorter; its schedule is stretched, so that the rate still ends where it should."""
        self.position.epochs = epochs
        self.__dict__.pop("schedule", None)

    @property
    def steps(self) -> int:
        """Batches of an epoch; the last one may be smaller."""
        return -(-self.images // self.hyper.batch_size)

    @property
    def steps_done(self) -> int:
        """Batches of the whole training so far."""
        return (self.position.epoch - 1) * self.steps + self.position.step

    @property
    def images_shown(self) -> int:
        """Images that the epoch has shown so far."""
        return min(self.position.step * self.hyper.batch_size, self.images)

    @property
    def is_over(self) -> bool:
        """Whether there is no epoch left to train."""
        return bool(self.position.ended) or self.position.epoch > self.epochs

    @property
    def speed(self) -> float:
        """Images per second in training steps; 0 while nothing has been measured."""
        position = self.position
        return position.train_images / position.train_seconds if position.train_seconds else 0.0

    def rate(self) -> float:
        """The learning rate of the last batch that was trained in this epoch."""
        return self._rate_of(max(self.position.step - 1, 0))

    def next_rate(self) -> float:
        """The learning rate of the batch that comes next."""
        return self._rate_of(self.position.step)

    def means(self) -> dict[str, float]:
        """`loss` and `accuracy` over the images that the epoch has shown so far, at least one."""
        position, count = self.position, self.images_shown
        return {"loss": position.loss_sum / count, "accuracy": position.correct / count}

    def _rate_of(self, step: int) -> float:
        return self.schedule((self.position.epoch - 1) * self.steps + step) * self.position.rate_scale
