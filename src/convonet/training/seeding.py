"""Every draw of a training follows from its seed and its position (epoch, step, layer), never from what came before.

So a resumed training draws what an uninterrupted one would have drawn, and two trainings of different length
agree as far as the shorter one goes. Seeds are hashed: Keras' generators for neighbouring seeds overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from convonet.nets.backend import put

# One number for each purpose: the order of images and the draws of dropout must not be the same stream.
_ORDER, _LAYERS = 1, 2


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order in which `count` images are shown in an epoch (from 1): a permutation, int64."""
    return np.random.default_rng([seed, _ORDER, epoch]).permutation(count)


def layer_seed(seed: int, epoch: int, step: int, layer: int) -> int:
    """The seed of one layer's draw in one step, 32 bits."""
    return int(np.random.SeedSequence([seed, _LAYERS, epoch, step, layer]).generate_state(1)[0])


class LayerSeeds:
    """Sets the generators of a model's random layers (dropout) for each step.

    Args:
        layers: every layer of the model, nested ones included.
    """

    def __init__(self, layers: list[Any], seed: int) -> None:
        self._seed = seed
        self._states = [layer.seed_generator.state for layer in layers if hasattr(layer, "seed_generator")]

    def set(self, epoch: int, step: int) -> None:
        """Make the next draws those of this step."""
        for index, state in enumerate(self._states):
            # The second number counts calls within a step, which Keras goes on with; each step begins at 0.
            put(state, np.array([layer_seed(self._seed, epoch, step, index), 0], dtype="uint32"))
