"""Everything that a map shows of images, from their features: places, neighbors, outliers, suspicious labels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.events import Watch
from convonet.mapping.neighbors import Neighbors, nearest, outlier_scores, wrong_label_scores
from convonet.mapping.tsne import NEIGHBORS as TSNE_NEIGHBORS
from convonet.mapping.tsne import tsne

Floats = NDArray[np.floating[Any]]

NEIGHBORS = 15


class Layout(NamedTuple):
    """Row i of everything is image i.

    Attributes:
        place: (N, 2).
        neighbors: the most similar images, the nearest first, (N, up to 15).
        wrong_labels: −1..1; above 0 the neighbors speak against the label. −1 where there is one class.
        suggested: the class that they speak for.
        outliers: the mean distance to the five nearest images.
    """

    place: Floats
    neighbors: NDArray[np.int64]
    wrong_labels: Floats
    suggested: NDArray[np.int64]
    outliers: Floats


def lay_out(
    points: Floats, labels: NDArray[np.int64], *, seed: int = 0, watch: Watch | None = None
) -> Layout:
    """Lay images out by similarity, and judge labels and outliers by their neighbors.

    Args:
        points: features on their main axes, (N, D) with N ≥ 3.
        labels: (N,).
        seed: the same points and seed give the same places.

    Raises:
        Cancelled: the watch says so.
    """
    # Found once for the map and the scores, since the search compares every pair of images.
    found = nearest(points, TSNE_NEIGHBORS)
    place = tsne(points, seed=seed, neighbors=found, watch=watch)
    # The map needs more neighbors than the scores; as they are sorted, the nearest are a slice.
    near = Neighbors(found.indices[:, :NEIGHBORS], found.distances[:, :NEIGHBORS])
    if len(np.unique(labels)) > 1:
        wrong, suggested = wrong_label_scores(near, labels)
    else:
        wrong, suggested = np.full(len(points), -1.0), labels
    return Layout(place, near.indices, wrong, suggested, outlier_scores(near))
