"""One training step and one evaluation step, a class a backend (torch's: `torch_step`). The loop knows only `Step`.

Sums stay on the device; they are read when somebody looks at them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from convonet.nets import backend
from convonet.nets.backend import keras
from convonet.nets.statistics import freeze_fixed
from convonet.params.hyper_params import HyperParams
from convonet.training.image_rows import Batch
from convonet.training.losses import BOUNDARIES, create_loss


class Step(Protocol):
    """What the epoch loop needs of a backend."""

    def train(self, batch: Batch) -> None:
        """Change the weights by one batch."""

    def look(self, batch: Batch) -> None:
        """Show a batch as in training: batch normalisation measures it, no weight is changed."""

    def score(self, images: np.ndarray, truths: np.ndarray) -> np.ndarray:
        """Add one batch to the sums without changing a weight, and give what the network says, (B, K).

        Args:
            images: (B, H, W, C) uint8.
            truths: as in `Batch`.
        """

    def sums(self) -> tuple[float, int]:
        """Sum of the losses of all images since `reset`, and how many were answered rightly."""

    def reset(self, loss_sum: float = 0.0, right: int = 0) -> None:
        """Start new sums, or go on from a checkpoint's."""


def create_step(model: Any, optimizer: Any, output: str, hyper: HyperParams | None = None) -> Step:
    """The step of the present backend. The model is compiled, so that its file holds the optimizer too.

    Args:
        output: what the network gives (`ModelInfo.output`).
        hyper: tells the loss; None: cross-entropy.
    """
    kind = _step_class()
    if forward_of(model) is None:
        freeze_fixed(model._flatten_layers())
    loss, boundary = create_loss(output, hyper), BOUNDARIES.get(output)
    metric = "accuracy" if boundary is None else keras.metrics.BinaryAccuracy("accuracy", threshold=boundary)
    model.compile(optimizer=optimizer, loss=loss, metrics=[metric], jit_compile="auto")
    optimizer.build(model.trainable_variables)
    return kind(model, optimizer, loss, boundary)


def _step_class() -> Callable[..., Step]:
    if backend.name() != "torch":
        return KerasStep
    # Torch need not be installed where another backend computes.
    from convonet.training.torch_step import TorchStep

    return TorchStep


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
        # Keras' accuracy of one output knows only whole truths; mixed ones are counted here.
        mixed = self._boundary is not None and batch.change is not None and batch.change.mixing is not None
        right = self._right_of(np.asarray(self._model.predict_on_batch(x)), batch.truths) if mixed else 0
        self._model.reset_metrics()
        logs = self._model.train_on_batch(x, batch.truths, sample_weight=batch.weights, return_dict=True)
        self._loss_sum += float(logs["loss"]) * len(x)
        self._right += right if mixed else round(float(logs["accuracy"]) * len(x))

    def look(self, batch: Batch) -> None:
        self._model(self._pixels(batch), training=True)

    def score(self, images: np.ndarray, truths: np.ndarray) -> np.ndarray:
        output = np.asarray(self._model.predict_on_batch(images.astype("float32")))
        self._loss_sum += float(keras.ops.convert_to_numpy(self._loss(truths, output))) * len(images)
        self._right += self._right_of(output, truths)
        return output

    def sums(self) -> tuple[float, int]:
        return self._loss_sum, self._right

    def reset(self, loss_sum: float = 0.0, right: int = 0) -> None:
        self._loss_sum, self._right = loss_sum, right

    def _pixels(self, batch: Batch) -> np.ndarray:
        x = batch.images.astype("float32")
        return x if batch.change is None else np.asarray(batch.change.images(x))

    def _right_of(self, output: np.ndarray, truths: np.ndarray) -> int:
        answers = output.argmax(axis=1) if self._boundary is None else output[:, 0] > self._boundary
        return int((answers == likeliest(truths)).sum())


def likeliest(truths: Any) -> Any:
    """The label that a truth mostly is, of labels or of shares."""
    if truths.ndim == 1:
        return truths
    return truths[:, 0] > 0.5 if truths.shape[1] == 1 else truths.argmax(1)
