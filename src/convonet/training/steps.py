"""One training step and one evaluation step, a class a backend. The epoch loop knows only `Step`.

Sums stay on the device; they are read when somebody looks at them.
"""

from __future__ import annotations

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
    kind = TorchStep if backend.name() == "torch" else KerasStep
    if forward_of(model) is None:
        freeze_fixed(model._flatten_layers())
    loss, boundary = create_loss(output, hyper), BOUNDARIES.get(output)
    metric = "accuracy" if boundary is None else keras.metrics.BinaryAccuracy("accuracy", threshold=boundary)
    model.compile(optimizer=optimizer, loss=loss, metrics=[metric], jit_compile="auto")
    optimizer.build(model.trainable_variables)
    return kind(model, optimizer, loss, boundary)


def forward_of(model: Any) -> Any:
    """The network's forward pass in torch's own terms; None where only Keras can run it."""
    if backend.name() != "torch":
        return None
    from convonet.nets.torch_path import create_forward

    return create_forward(model)


class TorchStep:
    """The loop that a torch programmer would write, on the Keras model's own weights and optimizer."""

    def __init__(self, model: Any, optimizer: Any, loss: Any, boundary: float | None = None) -> None:
        import torch

        from convonet.nets.torch_path import lay_out
        from convonet.training.updates import create_update

        backend.keep_memory()
        self._torch = torch
        self._model = model
        self._loss = _short(loss)
        self._boundary = boundary
        self._variables = list(model.trainable_variables)
        self._weights = [variable.value for variable in self._variables]
        self._device = self._weights[0].device
        forward = forward_of(model)
        if forward is not None:
            lay_out(model)
        self._forward = forward or (lambda images, training: model(images, training=training))
        self._penalties = _penalties(self._variables) if forward is not None else None
        self._update = create_update(optimizer, self._variables)
        self.reset()

    def train(self, batch: Batch) -> None:
        x, truths = self._pixels(batch), self._put(batch.truths)
        weights = None if batch.weights is None else self._put(batch.weights)
        # The module's own zero_grad knows weights by their path, and two layers of nested networks may share one.
        for weight in self._weights:
            weight.grad = None
        output = self._forward(x, True)
        loss = self._loss(truths, output, sample_weight=weights)
        # Penalties on weights are trained with, but left out of the sums: these stand beside validation's.
        whole = sum(self._model.losses, loss) if self._penalties is None else loss
        whole.backward()
        with self._torch.no_grad():
            for place, strength in (self._penalties or {}).items():
                self._weights[place].grad.add_(self._weights[place], alpha=2 * strength)
            self._update([weight.grad for weight in self._weights])
            self._add(loss, output, truths)

    def look(self, batch: Batch) -> None:
        with self._torch.no_grad():
            self._forward(self._pixels(batch), True)

    def score(self, images: np.ndarray, truths: np.ndarray) -> np.ndarray:
        x, y = self._put(images).float(), self._put(truths)
        with self._torch.no_grad():
            output = self._forward(x, False)
            self._add(self._loss(y, output), output, y)
        said: np.ndarray = output.cpu().numpy()
        return said

    def sums(self) -> tuple[float, int]:
        return float(self._loss_sum), int(self._right)

    def reset(self, loss_sum: float = 0.0, right: int = 0) -> None:
        device = self._device if self._device.type == "cuda" else "cpu"
        self._loss_sum = self._torch.tensor(loss_sum, dtype=self._torch.float64, device=device)
        self._right = self._torch.tensor(right, dtype=self._torch.int64, device=device)

    def _put(self, values: np.ndarray) -> Any:
        return self._torch.from_numpy(values).to(self._device)

    def _pixels(self, batch: Batch) -> Any:
        x = self._put(batch.images).float()
        return x if batch.change is None else batch.change.images(x)

    def _add(self, loss: Any, output: Any, truths: Any) -> None:
        place = self._loss_sum.device
        self._loss_sum += loss.detach().to(place).double() * len(truths)
        answers = output.argmax(dim=1) if self._boundary is None else (output > self._boundary).long()[:, 0]
        self._right += (answers == _likeliest(truths)).sum().to(place)


def _short(loss: Any) -> Any:
    """Keras' cross-entropy of labels in a few calls of torch; any other loss as it is."""
    if type(loss) is not keras.losses.SparseCategoricalCrossentropy:
        return loss
    from torch.nn import functional

    logits, least = loss.from_logits, keras.config.epsilon()

    def mean(truths: Any, output: Any, sample_weight: Any = None) -> Any:
        if sample_weight is not None:
            return loss(truths, output, sample_weight=sample_weight)
        if logits:
            return functional.cross_entropy(output, truths)
        shares = output / output.sum(1, keepdim=True)
        return functional.nll_loss(shares.clip(least, 1 - least).log(), truths)

    return mean


def _penalties(variables: list[Any]) -> dict[int, float] | None:
    """Strength of the L2 penalty of each variable that has one, by its place; None where there are other kinds.

    The gradient of strength · w² is added as it is: 2 · strength · w.
    """
    found = {}
    for place, variable in enumerate(variables):
        penalty = getattr(variable, "regularizer", None)
        if penalty is None:
            continue
        if type(penalty) is not keras.regularizers.L2:
            return None
        found[place] = float(penalty.l2)
    return found


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
        return int((answers == _likeliest(truths)).sum())


def _likeliest(truths: Any) -> Any:
    """The label that a truth mostly is, of labels or of shares."""
    if truths.ndim == 1:
        return truths
    return truths[:, 0] > 0.5 if truths.shape[1] == 1 else truths.argmax(1)
