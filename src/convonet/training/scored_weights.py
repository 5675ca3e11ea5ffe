"""The weights with which a network in training is scored and kept, which need not be those that are trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from convonet.training.averaging import STATISTICS_IMAGES as AVERAGE_IMAGES
from convonet.training.averaging import WeightAverage
from convonet.training.batch_norm import STATISTICS_IMAGES, BatchNormStatistics
from convonet.training.hooks import Hook
from convonet.training.state import TrainingState


class ScoredWeights(Hook):
    """The mean of the weights where one is asked for, and statistics of batch normalization that fit.

    Attributes:
        average: the mean of the weights; None: the weights are scored as they are trained.

    Args:
        network: the Keras network.
        window: steps over which the mean reaches; 0: no mean.
        show: runs about so many training images through the network as in training, one batch for each item.
    """

    def __init__(self, network: Any, window: float, show: Callable[[int], Iterator[None]]) -> None:
        self._network, self._show = network, show
        self.average = WeightAverage(network, window) if window else None
        self._statistics = BatchNormStatistics(network)

    def batch_ended(self, state: TrainingState, loss: float) -> bool:
        if self.average is not None:
            self.average.add(state.steps_done)
        return True

    def measure(self) -> None:
        """Fit the statistics to the weights as they are trained; those of a mean are measured with it."""
        if self.average is None:
            self._statistics.measure(self._show(STATISTICS_IMAGES))

    @contextmanager
    def in_use(self, state: TrainingState) -> Iterator[None]:
        """Inside, the network has the weights that training would give if it ended here."""
        if self.average is None:
            yield
            return
        with self.average.shown(state.steps_done, partial(self._show, AVERAGE_IMAGES)):
            yield

    def put(self, state: TrainingState, *, measured: bool) -> None:
        """Give the network those weights for good.

        Args:
            measured: whether the statistics fit the weights already.
        """
        if self.average is not None:
            mean = self.average.weights(state.steps_done, partial(self._show, AVERAGE_IMAGES))
            self._network.set_weights(mean)
        elif not measured:
            self.measure()
