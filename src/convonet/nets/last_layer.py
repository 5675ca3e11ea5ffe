"""The last layer of a classifier, and the features that go into it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.nets.backend import keras, numbers
from convonet.nets.layers import Tensor


class LastLayer(NamedTuple):
    """A dense layer that makes the network's output from a row of features.

    Attributes:
        features: the symbolic tensor that goes into it, (N, D).
        layer: the layer itself.
    """

    features: Tensor
    layer: Any

    @property
    def width(self) -> int:
        """How many features an image has."""
        return int(self.features.shape[-1])

    def logits(self, features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """What the layer gives before its activation, (N, outputs)."""
        made = features @ numbers(self.layer.kernel)
        return np.asarray(made + numbers(self.layer.bias) if self.layer.use_bias else made, np.float32)


def last_layer(network: keras.Model) -> LastLayer | None:
    """The last layer of a network; None where it is not one dense layer on a row of features."""
    history = getattr(network.outputs[0], "_keras_history", None) if len(network.outputs) == 1 else None
    if history is None or len(network.inputs) != 1 or not isinstance(history.operation, keras.layers.Dense):
        return None
    layer = history.operation
    features = layer._inbound_nodes[history.node_index].input_tensors[0]
    return LastLayer(features, layer) if len(features.shape) == 2 else None
