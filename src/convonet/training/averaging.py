"""The mean of the weights over the last steps, which answers better than the weights of any one of them.

Polyak, Juditsky 1992; over a sliding window instead of all steps, as an exponential mean. Batch normalisation
gets statistics that fit the mean weights (Izmailov et al. 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from convonet.nets import backend
from convonet.nets.backend import ops
from convonet.training.batch_norm import BatchNormStatistics

STATISTICS_IMAGES = 2048
"""Training images from which the statistics of the mean weights are measured."""

_MOST_STEPS = 4


class WeightAverage:
    """An exponential mean of a network's trainable weights.

    Until the window is full it is the plain mean of all steps, so that the first weights do not stay in it.

    Args:
        model: the Keras network; between calls its weights are those that are trained.
        window: steps over which the mean reaches, ≥ 1.
    """

    def __init__(self, model: Any, window: float) -> None:
        self._model = model
        # The mean of every fourth step of a long window is the same, for a quarter of the memory traffic.
        self._every = int(min(max(window / 16, 1), _MOST_STEPS))
        self._least = min(self._every / max(window, 1), 1.0)
        kind = _TorchMean if backend.name() == "torch" else _AnyMean
        self._mean = kind(list(model.trainable_variables))
        self._statistics = BatchNormStatistics(model)
        self._made: tuple[int, list[np.ndarray]] | None = None

    def add(self, steps: int) -> None:
        """Take up the weights after so many steps of the whole training."""
        self._made = None
        if steps % self._every == 0:
            self._mean.move(max(self._least, self._every / steps))

    def weights(self, steps: int, update_statistics: Callable[[], Iterable[None]]) -> list[np.ndarray]:
        """All weights of the network as the mean has them; the network keeps its own.

        Args:
            steps: of the whole training so far.
            update_statistics: runs images through the network as in training, a batch an item; no weight changes.
        """
        if self._made is not None and self._made[0] == steps:
            return self._made[1]
        # All weights, since measuring the statistics changes those of batch normalization too.
        own = self._model.get_weights()
        try:
            self._mean.put(self._model.trainable_variables)
            self._statistics.measure(update_statistics())
            made: list[np.ndarray] = self._model.get_weights()
        finally:
            self._model.set_weights(own)
        self._made = steps, made
        return made

    @contextmanager
    def shown(self, steps: int, update_statistics: Callable[[], Iterable[None]]) -> Iterator[None]:
        """Inside, the network has the mean weights."""
        made, own = self.weights(steps, update_statistics), self._model.get_weights()
        self._model.set_weights(made)
        try:
            yield
        finally:
            self._model.set_weights(own)

    def state(self) -> list[np.ndarray]:
        """What a checkpoint keeps."""
        return self._mean.arrays()

    def restore(self, arrays: list[np.ndarray]) -> None:
        """Take up a checkpoint's state."""
        self._made = None
        self._mean.set(arrays)


class _TorchMean:
    """On torch: all weights in one call, in the memory order of the weights."""

    def __init__(self, variables: list[Any]) -> None:
        # Torch need not be installed where another backend computes.
        import torch

        self._torch = torch
        self._weights = [variable.value.detach() for variable in variables]
        self._means = [weights.clone() for weights in self._weights]

    def move(self, share: float) -> None:
        with self._torch.no_grad():
            # One call for all weights: a network has many small ones, and each call has a cost of its own.
            self._torch._foreach_lerp_(self._means, self._weights, share)

    def put(self, variables: list[Any]) -> None:
        for variable, mean in zip(variables, self._means, strict=True):
            variable.assign(mean)

    def arrays(self) -> list[np.ndarray]:
        return [mean.cpu().numpy().copy() for mean in self._means]

    def set(self, arrays: list[np.ndarray]) -> None:
        for mean, array in zip(self._means, arrays, strict=True):
            mean.copy_(self._torch.from_numpy(array))


class _AnyMean:
    """On any backend, in NumPy."""

    def __init__(self, variables: list[Any]) -> None:
        self._variables = variables
        self._means = self._now()

    def move(self, share: float) -> None:
        for mean, weights in zip(self._means, self._now(), strict=True):
            mean += np.float32(share) * (weights - mean)

    def put(self, variables: list[Any]) -> None:
        for variable, mean in zip(variables, self._means, strict=True):
            variable.assign(mean)

    def arrays(self) -> list[np.ndarray]:
        return [mean.copy() for mean in self._means]

    def set(self, arrays: list[np.ndarray]) -> None:
        self._means = [array.copy() for array in arrays]

    def _now(self) -> list[np.ndarray]:
        return [np.array(ops.convert_to_numpy(variable)) for variable in self._variables]
