"""The nearest images of each image, and what they tell: outliers and labels that are likely wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

_ROWS_AT_ONCE = 1000
_OUTLIER_NEIGHBORS = 5


class Neighbors(NamedTuple):
    """The nearest images of each image, the nearest first.

    Attributes:
        indices: (N, k).
        distances: Euclidean, (N, k).
    """

    indices: NDArray[np.int64]
    distances: NDArray[np.float64]


def nearest(points: Floats, count: int) -> Neighbors:
    """The `count` nearest other points of each point (N, D); fewer where there are not so many."""
    count = min(count, len(points) - 1)
    squares = (points**2).sum(axis=1)
    indices = np.empty((len(points), count), np.int64)
    distances = np.empty((len(points), count))
    # Blocks of rows, since all distances at once need memory that grows with the square of the images.
    for start in range(0, len(points), _ROWS_AT_ONCE):
        rows = np.arange(start, min(start + _ROWS_AT_ONCE, len(points)))
        # Expanding the square makes this one matrix product, without an array of all differences.
        apart = squares[rows, None] + squares[None] - 2 * points[rows] @ points.T
        # An image is nearest to itself and must not be its own neighbor.
        apart[np.arange(len(rows)), rows] = np.inf
        # Only the nearest few are sorted; a full sort of every row would cost far more.
        found = np.argpartition(apart, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(apart, found, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        indices[rows] = np.take_along_axis(found, order, axis=1)
        # Rounding can make the squared distance of equal images slightly negative.
        distances[rows] = np.sqrt(np.maximum(np.take_along_axis(values, order, axis=1), 0))
    return Neighbors(indices, distances)


def outlier_scores(found: Neighbors) -> Floats:
    """The mean distance to the five nearest images, (N,): higher means more alone."""
    return np.asarray(found.distances[:, :_OUTLIER_NEIGHBORS].mean(axis=1))


def wrong_label_scores(found: Neighbors, labels: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """How much the neighbors speak against each label, and the class that they speak for.

    Nearer neighbors count more. The score is the share of the commonest other class minus that of the own class, so
    it goes from −1 to 1.

    Returns:
        Scores (N,) and labels (N,).
    """
    # Duplicate images have distance 0, which must not become a division by zero.
    scale = np.maximum(np.median(found.distances, axis=1, keepdims=True), 1e-12)
    weights = np.exp(-((found.distances / scale) ** 2))
    shares = np.zeros((len(labels), int(labels.max()) + 1))
    rows = np.repeat(np.arange(len(labels)), found.indices.shape[1])
    # Plain indexed addition would count only one of several neighbors with the same class.
    np.add.at(shares, (rows, labels[found.indices].ravel()), weights.ravel())
    shares /= shares.sum(axis=1, keepdims=True)
    own = shares[np.arange(len(labels)), labels].copy()
    # Below every share, so that the largest remaining one is of another class.
    shares[np.arange(len(labels)), labels] = -1
    other = shares.argmax(axis=1)
    return np.asarray(shares.max(axis=1) - own), other.astype(np.int64)
