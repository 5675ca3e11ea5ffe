"""Probabilities from whatever a network gives. They are made here and nowhere else, exactly once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.inference.model_info import Output

_AT_ONCE = 2**18
"""Numbers that are computed with in float64 at the same time: a large set with many classes has billions of them."""


def to_probabilities(
    raw: NDArray[np.floating[Any]], output: Output, temperature: float = 1.0
) -> NDArray[np.float32]:
    """Probabilities of shape (N, classes), each row summing to 1.

    Computed in float64, so that a temperature does not wear the small ones down, and block by block, so that a large
    set needs little more memory than its probabilities.

    Args:
        raw: (N, classes), or (N, 1) for the two kinds of sigmoid.
        output: what the numbers are.
        temperature: logits are divided by it, > 0; of probabilities, their logarithms are.
    """
    given = np.asarray(raw)
    rows = max(1, _AT_ONCE // given.shape[1])
    classes = 2 if output.startswith("sigmoid") else given.shape[1]
    made = np.empty((len(given), classes), np.float32)
    for start in range(0, len(given), rows):
        block = given[start : start + rows].astype(np.float64)
        made[start : start + rows] = _of_block(block, output, temperature)
    return made


def _of_block(values: NDArray[np.float64], output: Output, temperature: float) -> NDArray[np.float32]:
    if output == "logits":
        return _softmax(values / temperature)
    if output == "sigmoid_logit":
        return _two(_sigmoid(values / temperature))
    if output == "sigmoid":
        values = np.concatenate([1 - values, values], axis=1)
    if temperature == 1:
        return values.astype(np.float32)
    # The same as softmax of log p / temperature, without the logarithm of zero.
    powers = values ** (1 / temperature)
    total = powers.sum(axis=1, keepdims=True)
    return np.asarray(powers / total, np.float32)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float32]:
    # The largest becomes 0, so nothing overflows; the quotient is the same.
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    # Only of negative numbers: exp of a large positive one overflows.
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1 / (1 + small), small / (1 + small))


def _two(second: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.concatenate([1 - second, second], axis=1).astype(np.float32)
