"""From probabilities to answers: the predicted class, its confidence, the likeliest few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ParamError, nearest
from convonet.text import counted, index_of

Probabilities = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]


class Top(NamedTuple):
    """The likeliest classes of each image, best first.

    Attributes:
        labels: (N, k) int64.
        probabilities: (N, k) in the dtype of the input.
    """

    labels: Labels
    probabilities: Probabilities


def positive_label(classes: Sequence[str], positive: str | None) -> int:
    """The label of the positive class of two; the second one when it is not named.

    Raises:
        ParamError: not two classes, or no class of that name.
    """
    if len(classes) != 2:
        raise ParamError(
            "A positive class can be set only if there are two classes",
            received=counted(len(classes), "class", "classes"),
        )
    if positive is None:
        return 1
    label = index_of(positive, classes)
    if label is None:
        near = nearest(positive, classes)
        raise ParamError(
            "There is no such class",
            expected=" or ".join(classes),
            received=positive,
            hint=f"Did you mean {near}?" if near else None,
        )
    return label


def predicted_labels(
    probabilities: Probabilities, *, threshold: float | None = None, positive: int | None = None
) -> Labels:
    """The predicted label of each row, shape (N,).

    Args:
        probabilities: (N, classes).
        threshold: for two classes: the positive one is predicted at p ≥ threshold. None: the likeliest class,
            of equals the first.
        positive: label of the positive class; the second when None.

    Raises:
        ParamError: a threshold outside 0..1, or one for another number of classes than two.
    """
    if threshold is None:
        return np.asarray(probabilities.argmax(axis=1), np.int64)
    if probabilities.shape[1] != 2:
        raise ParamError(
            "A threshold needs exactly two classes",
            received=counted(probabilities.shape[1], "class", "classes"),
        )
    if not 0 <= threshold <= 1:
        raise ParamError("A threshold must be a probability", expected="0 to 1", received=threshold)
    yes = 1 if positive is None else positive
    return np.where(probabilities[:, yes] >= threshold, yes, 1 - yes).astype(np.int64)


def confidences(probabilities: Probabilities, labels: Labels) -> Probabilities:
    """The probability of each image's predicted class, shape (N,)."""
    return probabilities[np.arange(len(labels)), labels]


def top_k(probabilities: Probabilities, k: int) -> Top:
    """The k likeliest classes of each row (all, when there are fewer); of equals the smaller label first."""
    # Stable, so that the first of equals is the one that `argmax` predicts.
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :k].astype(np.int64)
    return Top(order, np.take_along_axis(probabilities, order, axis=1))
