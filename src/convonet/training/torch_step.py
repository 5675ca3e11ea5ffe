"""The training step on torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from convonet.nets import backend
from convonet.nets.backend import keras
from convonet.nets.torch_path import create_forward, lay_out
from convonet.params.computing_params import Precision
from convonet.training.image_rows import Batch
from convonet.training.precision import Computing, check_precision
from convonet.training.steps import likeliest
from convonet.training.updates import create_update


class TorchStep:
    """The loop that a torch programmer would write, on the Keras model's own weights and optimizer.

    Args:
        boundary: of one output, above which it answers the second class; None: one output a class.
        precision: what the network computes with while it is trained. Scores are computed in float32, since the model
            is used in float32.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        loss: Any,
        boundary: float | None = None,
        precision: Precision = "float32",
    ) -> None:
        backend.keep_memory()
        self._model = model
        self._loss = _short(loss)
        self._boundary = boundary
        self._variables = list(model.trainable_variables)
        self._weights = [variable.value for variable in self._variables]
        self._device = self._weights[0].device
        self._computing = Computing(precision, self._device.type)
        forward = create_forward(model)
        if forward is not None:
            lay_out(model)
        self._forward = forward or (lambda images, training: model(images, training=training))
        self._penalties = _penalties(self._variables) if forward is not None else None
        self._update = create_update(optimizer, self._variables)
        self.reset()

    def train(self, batch: Batch) -> None:
        x, targets = self._pixels(batch), self._put(batch.targets)
        weights = None if batch.weights is None else self._put(batch.weights)
        loss, output = self.backward(x, targets, weights)
        with torch.no_grad():
            self.apply()
            self.count(loss, output, targets)

    def backward(self, x: Any, targets: Any, weights: Any, share: float = 1.0) -> tuple[Any, Any]:
        """Compute the gradients of some images; their mean loss and what the network gives.

        Args:
            x: (B, H, W, C) float32.
            targets, weights: as in `Batch`, on the device.
            share: what the gradient is multiplied by: how much of a batch these images are.
        """
        # The module's own zero_grad knows weights by their path, and two layers of nested networks may share one.
        for weight in self._weights:
            weight.grad = None
        with self._computing.of_network():
            output = self._forward(x, True)
        output = self._computing.full(output)
        loss = self._loss(targets, output, sample_weight=weights)
        # Penalties on weights are trained with, but left out of the sums: these stand beside validation's.
        whole = sum(self._model.losses, loss) if self._penalties is None else loss
        factor = share if self._computing.scale is None else share * self._computing.scale.value
        (whole if factor == 1.0 else whole * factor).backward()
        return loss, output

    def apply(self) -> None:
        """Change the weights by their gradients; called without recording gradients. Not where one overflowed."""
        scale = self._computing.scale
        if scale is not None and not scale.undo([weight.grad for weight in self._weights]):
            return
        for index, strength in (self._penalties or {}).items():
            self._weights[index].grad.add_(self._weights[index], alpha=2 * strength)
        self._update([weight.grad for weight in self._weights])

    def close(self) -> None:
        """Nothing is held that has to be given back."""

    def state(self) -> dict[str, float]:
        return {} if self._computing.scale is None else self._computing.scale.state()

    def restore(self, state: dict[str, float]) -> None:
        if self._computing.scale is not None:
            self._computing.scale.restore(state)

    def update_statistics(self, batch: Batch) -> None:
        with torch.no_grad():
            self._forward(self._pixels(batch), True)

    def score(self, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
        x, y = self._put(images).float(), self._put(targets)
        with torch.no_grad():
            output = self._forward(x, False)
            self.count(self._loss(y, output), output, y)
        scores: np.ndarray = output.cpu().numpy()
        return scores

    def sums(self) -> tuple[float, int]:
        return float(self._loss_sum), int(self._correct)

    def reset(self, loss_sum: float = 0.0, correct: int = 0) -> None:
        device = self._device if self._device.type == "cuda" else "cpu"
        self._loss_sum = torch.tensor(loss_sum, dtype=torch.float64, device=device)
        self._correct = torch.tensor(correct, dtype=torch.int64, device=device)

    def _put(self, values: np.ndarray) -> Any:
        return torch.from_numpy(values).to(self._device)

    def _pixels(self, batch: Batch) -> Any:
        x = self._put(batch.images).float()
        return x if batch.change is None else batch.change.images(x)

    def count(self, loss: Any, output: Any, targets: Any) -> None:
        """Add the loss and the correct answers of some images to the sums."""
        device = self._loss_sum.device
        self._loss_sum += loss.detach().to(device).double() * len(targets)
        answers = output.argmax(dim=1) if self._boundary is None else (output > self._boundary).long()[:, 0]
        self._correct += (answers == likeliest(targets)).sum().to(device)


def checked_step(
    model: Any, optimizer: Any, loss: Any, boundary: float | None, precision: Precision
) -> TorchStep:
    """A step in a precision that the network's device can compute with. Raises InputError otherwise."""
    check_precision(precision, model.trainable_variables[0].value.device.type)
    return TorchStep(model, optimizer, loss, boundary, precision)


def _short(loss: Any) -> Any:
    """Keras' cross-entropy of labels in a few calls of torch; any other loss as it is."""
    if type(loss) is not keras.losses.SparseCategoricalCrossentropy:
        return loss
    logits, least = loss.from_logits, keras.config.epsilon()

    def mean(targets: Any, output: Any, sample_weight: Any = None) -> Any:
        if sample_weight is not None:
            return loss(targets, output, sample_weight=sample_weight)
        if logits:
            return functional.cross_entropy(output, targets)
        shares = output / output.sum(1, keepdim=True)
        return functional.nll_loss(shares.clip(least, 1 - least).log(), targets)

    return mean


def _penalties(variables: list[Any]) -> dict[int, float] | None:
    """Strength of the L2 penalty of each variable that has one, by its index; None where there are other kinds.

    The gradient of strength · w² is added as it is: 2 · strength · w.
    """
    found = {}
    for index, variable in enumerate(variables):
        penalty = getattr(variable, "regularizer", None)
        if penalty is None:
            continue
        if type(penalty) is not keras.regularizers.L2:
            return None
        found[index] = float(penalty.l2)
    return found
