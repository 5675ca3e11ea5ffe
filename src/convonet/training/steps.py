"""One training step and one evaluation step, a class a backend. The epoch loop knows only `Step`.

Sums stay on the device; they are read when somebody looks at them.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from convonet.nets import backend
from convonet.nets.backend import keras


class Step(Protocol):
    """What the epoch loop needs of a backend."""

    def train(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Change the weights by one batch: images (B, H, W, C) uint8, labels (B,) int64."""

    def score(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Add one batch to the sums without changing a weight."""

    def sums(self) -> tuple[float, int]:
        """Sum of the losses of all images since `reset`, and how many were answered rightly."""

    def reset(self, loss_sum: float = 0.0, right: int = 0) -> None:
        """Start new sums, or go on from a checkpoint's."""


_BOUNDARY = {"sigmoid": 0.5, "sigmoid_logit": 0.0}
"""For networks with one output: above it, the answer is the second class."""


def create_step(model: Any, optimizer: Any, output: str) -> Step:
    """The step of the present backend. The model is compiled, so that its file holds the optimizer too.

    Args:
        output: what the network gives (`ModelInfo.output`).
    """
    loss, boundary = create_loss(output), _BOUNDARY.get(output)
    metric = "accuracy" if boundary is None else keras.metrics.BinaryAccuracy("accuracy", threshold=boundary)
    model.compile(optimizer=optimizer, loss=loss, metrics=[metric], jit_compile="auto")
    optimizer.build(model.trainable_variables)
    return TorchStep(model, optimizer, loss, boundary) if backend.name() == "torch" else KerasStep(model)


class TorchStep:
    """The loop that a torch programmer would write, on the Keras model's own weights and optimizer."""

    def __init__(self, model: Any, optimizer: Any, loss: Any, boundary: float | None = None) -> None:
        import torch

        self._torch = torch
        self._model = model
        self._optimizer = optimizer
        self._loss = loss
        self._boundary = boundary
        self._device = model.trainable_variables[0].value.device
        self.reset()

    def train(self, images: np.ndarray, labels: np.ndarray) -> None:
        x, y = self._put(images, labels)
        variables = self._model.trainable_variables
        self._model.zero_grad()
        output = self._model(x, training=True)
        loss = self._loss(y, output)
        # Penalties on weights are trained with, but left out of the sums: these stand beside validation's.
        sum(self._model.losses, loss).backward()
        gradients = [variable.value.grad for variable in variables]
        with self._torch.no_grad():
            self._optimizer.apply(gradients, variables)
            self._add(loss, output, y)

    def score(self, images: np.ndarray, labels: np.ndarray) -> None:
        x, y = self._put(images, labels)
        with self._torch.no_grad():
            output = self._model(x, training=False)
            self._add(self._loss(y, output), output, y)

    def sums(self) -> tuple[float, int]:
        return float(self._loss_sum), int(self._right)

    def reset(self, loss_sum: float = 0.0, right: int = 0) -> None:
        self._loss_sum = self._torch.tensor(loss_sum, dtype=self._torch.float64)
        self._right = self._torch.tensor(right, dtype=self._torch.int64)

    def _put(self, images: np.ndarray, labels: np.ndarray) -> tuple[Any, Any]:
        x = self._torch.from_numpy(images).to(self._device).float()
        return x, self._torch.from_numpy(labels).to(self._device)

    def _add(self, loss: Any, output: Any, labels: Any) -> None:
        self._loss_sum = self._loss_sum + loss.detach().double().cpu() * len(labels)
        answers = output.argmax(dim=1) if self._boundary is None else (output > self._boundary).long()[:, 0]
        self._right = self._right + (answers == labels).sum().cpu()


class KerasStep:
    """Any backend, through Keras' own batch functions."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.reset()

    def train(self, images: np.ndarray, labels: np.ndarray) -> None:
        self._model.reset_metrics()
        self._add(self._model.train_on_batch(images.astype("float32"), labels, return_dict=True), len(labels))

    def score(self, images: np.ndarray, labels: np.ndarray) -> None:
        self._model.reset_metrics()
        self._add(self._model.test_on_batch(images.astype("float32"), labels, return_dict=True), len(labels))

    def sums(self) -> tuple[float, int]:
        return self._loss_sum, self._right

    def reset(self, loss_sum: float = 0.0, right: int = 0) -> None:
        self._loss_sum, self._right = loss_sum, right

    def _add(self, logs: dict[str, float], count: int) -> None:
        self._loss_sum += float(logs["loss"]) * count
        self._right += round(float(logs["accuracy"]) * count)


def create_loss(output: str) -> Any:
    """The loss that fits what the network gives (`ModelInfo.output`)."""
    if output in _BOUNDARY:
        return keras.losses.BinaryCrossentropy(from_logits=output == "sigmoid_logit")
    return keras.losses.SparseCategoricalCrossentropy(from_logits=output == "logits")
