"""t-SNE in time that grows with the number of points, not with its square; seeded, so the same points give one map.

References:
    van der Maaten, Hinton 2008, Visualizing data using t-SNE.
    Linderman et al. 2019, Fast interpolation-based t-SNE for improved visualization of single-cell RNA-seq data.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.events import Progressed, Watch
from convonet.mapping.neighbors import Neighbors, nearest
from convonet.mapping.repulsion import Repulsion

Floats = NDArray[np.floating[Any]]

PERPLEXITY = 12.0
NEIGHBORS = round(2.5 * PERPLEXITY)
ITERATIONS, _EARLY = 300, 90
_EXAGGERATION = 12.0
_SEARCH = 40


class _Edges(NamedTuple):
    """The affinities: pairs sorted by their first point, every pair in both directions.

    Attributes:
        starts: where the pairs of each point begin.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    weights: Floats
    starts: NDArray[np.int64]


def tsne(
    points: Floats,
    *,
    seed: int = 0,
    iterations: int = ITERATIONS,
    neighbors: Neighbors | None = None,
    watch: Watch | None = None,
) -> Floats:
    """A map (N, 2) on which near points are near.

    Args:
        points: (N, D), N ≥ 3; the first two columns are the main axes, from which the map starts.
        seed: of a small disturbance, so that equal points do not stay on each other.
        neighbors: the 30 nearest points of each, where they are known already.
        watch: is told progress, and asked between iterations.

    Raises:
        Cancelled: the watch says so.
    """
    watch = watch or Watch()
    found = neighbors or nearest(points, NEIGHBORS)
    # A small set does not have enough neighbors for the usual perplexity.
    edges = _affinities(found, min(PERPLEXITY, max(2.0, (len(points) - 1) / 3)))
    start = np.asarray(points[:, :2], np.float64)
    # A small start lets clusters form before the points push each other apart.
    place = 1e-2 * (start - start.mean(axis=0)) / max(float(start.std()), 1e-12)
    place = place + np.random.default_rng(seed).normal(0, 1e-4, place.shape)
    speed, gains = np.zeros_like(place), np.ones_like(place)
    rate = max(len(points) / _EXAGGERATION, 50.0)
    repulsion = Repulsion()
    for number in range(iterations):
        watch.check()
        # Exaggerated attraction at first lets points of a cluster find each other.
        early = number < _EARLY
        slope = 4 * ((_EXAGGERATION if early else 1.0) * _pull(place, edges) - repulsion.of(place))
        gains = np.where(slope * speed < 0, gains + 0.2, np.maximum(0.8 * gains, 0.01))
        speed = (0.5 if early else 0.8) * speed - rate * gains * slope
        place = place + speed
        place = np.asarray(place - place.mean(axis=0))
        if number % 20 == 19:
            watch.tell(Progressed(stage="map", done=number + 1, total=iterations))
    return np.asarray(place)


def _affinities(found: Neighbors, perplexity: float) -> _Edges:
    """Symmetric affinities that sum to 1; each point's own have the wanted perplexity."""
    # Shares do not change with this shift, which keeps the largest power at 1 instead of underflowing to 0.
    squares = found.distances**2 - found.distances[:, :1] ** 2
    low, high = np.zeros(len(squares)), np.full(len(squares), np.inf)
    beta = 1 / np.maximum(squares.mean(axis=1), 1e-12)
    for _ in range(_SEARCH):
        powers = np.exp(-squares * beta[:, None])
        total = powers.sum(axis=1)
        entropy = np.log(total) + beta * (squares * powers).sum(axis=1) / total
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, beta, low), np.where(wide, high, beta)
        beta = np.where(np.isinf(high), 2 * beta, (low + np.where(np.isinf(high), 0, high)) / 2)
    shares = np.exp(-squares * beta[:, None])
    shares /= shares.sum(axis=1, keepdims=True)
    count = len(shares)
    first = np.repeat(np.arange(count), shares.shape[1])
    second = found.indices.ravel()
    keys = np.concatenate([first * count + second, second * count + first])
    pairs, inverse = np.unique(keys, return_inverse=True)
    weights = np.bincount(inverse, np.tile(shares.ravel(), 2)) / (2 * count)
    first = pairs // count
    return _Edges(first, pairs % count, weights, np.searchsorted(first, np.arange(count)))


def _pull(place: Floats, edges: _Edges) -> Floats:
    """How neighbors pull at each point, (N, 2)."""
    x, y = (np.ascontiguousarray(place[:, axis]) for axis in (0, 1))
    across, down = x[edges.first] - x[edges.second], y[edges.first] - y[edges.second]
    weights = edges.weights / (1 + across * across + down * down)
    # The pairs are sorted by their first point, and each point has some.
    starts = edges.starts
    return np.stack([np.add.reduceat(weights * apart, starts) for apart in (across, down)], axis=1)
