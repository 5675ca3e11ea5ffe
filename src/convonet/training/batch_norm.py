"""Statistics of batch normalisation that fit the weights with which a network is scored and saved.

The moving means of training follow the weights about 100 steps behind. An epoch of a small set has far fewer, so
a network whose training loss is small can have a validation loss of many times that of guessing. Measured again
from training images, the statistics fit (Izmailov et al. 2018; Wu, Johnson 2021, "Rethinking 'Batch' in BatchNorm").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from convonet.nets.backend import keras
from convonet.nets.statistics import learns_statistics

STATISTICS_IMAGES = 512
"""Training images that are measured: the error of a mean is 4% of the deviation, at a small part of an epoch."""


class BatchNormStatistics:
    """Measures the moving means and variances of a network again.

    Attributes:
        layers: the batch normalisations that learn their statistics; frozen ones keep theirs.

    Args:
        model: the Keras network.
    """

    def __init__(self, model: Any) -> None:
        self.layers = [
            layer
            for layer in model._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization) and learns_statistics(layer)
        ]

    def measure(self, batches: Iterable[None]) -> None:
        """Replace the statistics by the mean over batches, whatever they were before.

        Args:
            batches: shows the network images as in training, one batch for each item, without training it.
        """
        if not self.layers:
            return
        # With momentum n / (n + 1) the moving mean is the plain mean of n + 1 batches, without a sum of our
        # own.
        momenta = [layer.momentum for layer in self.layers]
        try:
            self._set_momentum(0)
            for count, _ in enumerate(batches, start=1):
                self._set_momentum(count)
        finally:
            for layer, momentum in zip(self.layers, momenta, strict=True):
                layer.momentum = momentum

    def _set_momentum(self, count: int) -> None:
        """After `count` batches the next one weighs as much as each of them."""
        for layer in self.layers:
            layer.momentum = count / (count + 1)
