"""NetTraining: how a network is trained. `TrainingRun` does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from convonet.events import Watch
from convonet.nets.net_model import NetModel
from convonet.params.hyper_params import HyperParams
from convonet.tasks.task import ExecutorName
from convonet.training.checkpoint import CheckpointFile
from convonet.training.collapse import Collapse
from convonet.training.history import History
from convonet.training.image_rows import ImageRows
from convonet.training.result import TrainingResult
from convonet.training.training_run import TrainingRun

__all__ = ["BegunTraining", "ImageRows", "NetTraining", "TrainingResult"]


class BegunTraining(Protocol):
    """A training that was begun, in one phase or several."""

    def train(self) -> TrainingResult:
        """Train to the end, from the checkpoint where there is one.

        Raises:
            Cancelled: the person asked to stop; the checkpoint is written.
        """

    @property
    def history(self) -> History:
        """Rows of the epochs that are finished, also after a stop."""

    @property
    def speed(self) -> float:
        """Images per second in training steps; 0 while nothing has been measured."""


@dataclass(frozen=True)
class NetTraining:
    """How a network is trained; the same training may be begun several times.

    Args:
        model: the network; its weights are changed in place.
        hyper: how to train.
        checkpoint: where to keep the state; if it exists, training resumes from it. None keeps nothing.
        on_history: called with the history after each epoch, before the checkpoint is written; gives the
            size of what it wrote, which a resumed run cuts back to.
        on_resume: called with the history of the checkpoint and that size where training resumes.
        validates: whether an epoch (from 1) is scored on the validation images; where a rule watches a
            validation score it must be every epoch.
        callbacks: a person's own `keras.callbacks.Callback`s. Their state is not in the checkpoint.
        stop_after: asked after each epoch (from 1); the reason to stop there, empty where there is none.
        new_length: asked after each epoch (from 1) that is not the last, with the seconds it took; the number of epochs
            that training has from now on, None: as many as before. Schedules are stretched to it.
        on_collapse: called after each epoch in which training has collapsed; true ends training, with
            `Collapse.reason()` as `TrainingResult.stopped`. None: training continues. One warning says so either way.
        workers: processes that compute each batch together, this one included.
        executor: where the others run: on this machine or on a Ray cluster.
        loss: a Keras loss in place of that of `hyper`; it is given what `targets` makes of the labels.
    """

    model: NetModel
    hyper: HyperParams
    checkpoint: CheckpointFile | None = None
    on_history: Callable[[History], int] = lambda history: 0
    on_resume: Callable[[History, int], None] = lambda history, size: None
    validates: Callable[[int], bool] = lambda epoch: True
    callbacks: Sequence[Any] = ()
    stop_after: Callable[[int], str] = lambda epoch: ""
    new_length: Callable[[int, float], int | None] = lambda epoch, seconds: None
    on_collapse: Callable[[Collapse], bool] | None = None
    workers: int = 1
    executor: ExecutorName = "local"
    loss: Any = None

    def begin(
        self, train: ImageRows, val: ImageRows | None = None, watch: Watch | None = None
    ) -> BegunTraining:
        """A training on these images that `train()` carries out.

        Args:
            val: images that are scored after each epoch; None: no validation.

        Raises:
            DataError: there are no images.
            ParamError: a rule watches a validation score and there is no validation.
        """
        return TrainingRun(self, train, val, watch or Watch())

    def train(self, train: ImageRows, watch: Watch | None = None) -> TrainingResult:
        """Train on all images, without validation."""
        return self.begin(train, None, watch).train()

    def train_val(self, train: ImageRows, val: ImageRows, watch: Watch | None = None) -> TrainingResult:
        """Train, and score the validation images after each epoch."""
        return self.begin(train, val, watch).train()
