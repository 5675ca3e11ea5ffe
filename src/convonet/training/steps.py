"""One training step and one evaluation step, a class a backend (torch's: `torch_step`). The loop knows only `Step`.

Sums stay on the device; they are read when somebody asks for them.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from convonet.errors import InputError
from convonet.hints import Hint, option
from convonet.nets import backend
from convonet.nets.backend import keras
from convonet.nets.statistics import freeze_fixed
from convonet.params.computing_params import Precision
from convonet.params.hyper_params import HyperParams
from convonet.params.labels import named
from convonet.tasks.task import ExecutorName
from convonet.text import counted
from convonet.training.image_rows import Batch
from convonet.training.losses import BOUNDARIES, create_loss


class Step(Protocol):
    """What the epoch loop needs of a backend."""

    def train(self, batch: Batch) -> None:
        """Change the weights by one batch."""

    def update_statistics(self, batch: Batch) -> None:
        """Run a batch as in training: batch normalisation measures it, no weight is changed."""

    def score(self, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Add one batch to the sums without changing a weight, and give what the network gives, (B, K).

        Args:
            images: (B, H, W, C) uint8.
            targets: as in `Batch`.
        """

    def sums(self) -> tuple[float, int]:
        """Sum of the losses of all images since `reset`, and how many were classified correctly."""

    def reset(self, loss_sum: float = 0.0, correct: int = 0) -> None:
        """Start new sums, or go on from a checkpoint's."""

    def state(self) -> dict[str, float]:
        """What a checkpoint keeps beside weights, optimizer and sums; mostly nothing."""

    def restore(self, state: dict[str, float]) -> None:
        """Go on from what `state` gave."""

    def close(self) -> None:
        """Give back what the step holds; no batch follows."""


def create_step(
    model: Any,
    optimizer: Any,
    output: str,
    hyper: HyperParams | None = None,
    workers: int = 1,
    executor: ExecutorName = "local",
    loss: Any = None,
) -> Step:
    """The step of the present backend. The model is compiled, so that its file holds the optimizer too.

    Args:
        output: what the network gives (`ModelInfo.output`).
        hyper: tells the loss and the precision; None: cross-entropy in float32.
        workers: processes that compute each batch together; more than one needs `hyper` and torch.
        executor: where they run.
        loss: a Keras loss in place of that of `hyper`.

    Raises:
        InputError: several processes cannot train this network, or the device not in this precision.
    """
    precision: Precision = "float32" if hyper is None else hyper.precision
    # Our own forward pass knows by itself which statistics are fixed; Keras has to be told.
    if forward_of(model) is None:
        freeze_fixed(model._flatten_layers())
    loss, boundary = loss or create_loss(output, hyper), BOUNDARIES.get(output)
    metric = "accuracy" if boundary is None else keras.metrics.BinaryAccuracy("accuracy", threshold=boundary)
    model.compile(optimizer=optimizer, loss=loss, metrics=[metric], jit_compile="auto")
    optimizer.build(model.trainable_variables)
    if workers > 1:
        return _divided(model, optimizer, loss, boundary, output, hyper, workers, executor)
    if backend.name() == "torch":
        return _torch_step(model, optimizer, loss, boundary, precision)
    if precision != "float32":
        raise InputError(
            "Precisions other than float32 need the torch backend",
            received=f"precision={precision} on {backend.name()}",
            hint=f"Set {named('precision')} to float32, or the variable KERAS_BACKEND to torch",
        )
    return KerasStep(model, optimizer, loss, boundary)


def _divided(
    model: Any,
    optimizer: Any,
    loss: Any,
    boundary: float | None,
    output: str,
    hyper: HyperParams | None,
    workers: int,
    executor: ExecutorName,
) -> Step:
    if backend.name() != "torch" or hyper is None:
        raise InputError(
            "Training in several processes needs the torch backend",
            received=f"{counted(workers, 'process', 'processes')} on {backend.name()}",
            hint=Hint.of(
                "Train with {}", option("workers", 1), window="Set Processes to 1 on the Parameters page"
            ),
        )
    # Torch need not be installed where another backend computes.
    from convonet.training.parallel_step import ParallelStep

    return ParallelStep(
        model, optimizer, loss, boundary, workers=workers, executor=executor, output=output, hyper=hyper
    )


def _torch_step(model: Any, optimizer: Any, loss: Any, boundary: float | None, precision: Precision) -> Step:
    # Torch need not be installed where another backend computes.
    from convonet.training.torch_step import checked_step

    return checked_step(model, optimizer, loss, boundary, precision)


def forward_of(model: Any) -> Any:
    """The network's forward pass in torch's own terms; None where only Keras can run it."""
    if backend.name() != "torch":
        return None
    # Torch need not be installed where another backend computes.
    from convonet.nets.torch_path import create_forward

    return create_forward(model)


class KerasStep:
    """Any backend, through Keras' own batch functions."""

    def __init__(self, model: Any, optimizer: Any, loss: Any, boundary: float | None = None) -> None:
        self._model = model
        self._loss = loss
        self._boundary = boundary
        self.reset()

    def train(self, batch: Batch) -> None:
        x = self._pixels(batch)
        # Keras' accuracy of one output knows only whole labels; mixed ones are counted here.
        mixed = self._boundary is not None and batch.change is not None and batch.change.mixing is not None
        correct = self._correct_of(np.asarray(self._model.predict_on_batch(x)), batch.targets) if mixed else 0
        self._model.reset_metrics()
        logs = self._model.train_on_batch(x, batch.targets, sample_weight=batch.weights, return_dict=True)
        self._loss_sum += float(logs["loss"]) * len(x)
        self._correct += correct if mixed else round(float(logs["accuracy"]) * len(x))

    def update_statistics(self, batch: Batch) -> None:
        self._model(self._pixels(batch), training=True)

    def score(self, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
        output = np.asarray(self._model.predict_on_batch(images.astype("float32")))
        self._loss_sum += float(keras.ops.convert_to_numpy(self._loss(targets, output))) * len(images)
        self._correct += self._correct_of(output, targets)
        return output

    def sums(self) -> tuple[float, int]:
        return self._loss_sum, self._correct

    def reset(self, loss_sum: float = 0.0, correct: int = 0) -> None:
        self._loss_sum, self._correct = loss_sum, correct

    def state(self) -> dict[str, float]:
        return {}

    def restore(self, state: dict[str, float]) -> None:
        pass

    def close(self) -> None:
        pass

    def _pixels(self, batch: Batch) -> np.ndarray:
        x = batch.images.astype("float32")
        return x if batch.change is None else np.asarray(batch.change.images(x))

    def _correct_of(self, output: np.ndarray, targets: np.ndarray) -> int:
        answers = output.argmax(axis=1) if self._boundary is None else output[:, 0] > self._boundary
        return int((answers == likeliest(targets)).sum())


def likeliest(targets: Any) -> Any:
    """The label that a target mostly is, of labels or of class fractions."""
    if targets.ndim == 1:
        return targets
    return targets[:, 0] > 0.5 if targets.shape[1] == 1 else targets.argmax(1)
