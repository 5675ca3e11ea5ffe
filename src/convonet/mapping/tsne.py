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

Floats = NDArray[np.floating[Any]]

PERPLEXITY = 12.0
ITERATIONS, _EARLY = 300, 90
_EXAGGERATION = 12.0
_LEAST_INTERVALS, _MOST_INTERVALS = 30, 70
_NODES = 3
_SEARCH = 40


class _Edges(NamedTuple):
    """The affinities: pairs sorted by their first point, every pair in both directions."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    weights: Floats


def tsne(
    points: Floats, *, seed: int = 0, iterations: int = ITERATIONS, watch: Watch | None = None
) -> Floats:
    """A map (N, 2) on which near points are near.

    Args:
        points: (N, D), N ≥ 3; the first two columns are the main axes, from which the map starts.
        seed: of a small disturbance, so that equal points do not stay on each other.
        watch: is told progress, and asked between iterations.

    Raises:
        Cancelled: the watch says so.
    """
    watch = watch or Watch()
    found = nearest(points, round(2.5 * PERPLEXITY))
    edges = _affinities(found, min(PERPLEXITY, max(2.0, (len(points) - 1) / 3)))
    start = np.asarray(points[:, :2], np.float64)
    place = 1e-2 * (start - start.mean(axis=0)) / max(float(start.std()), 1e-12)
    place = place + np.random.default_rng(seed).normal(0, 1e-4, place.shape)
    speed, gains = np.zeros_like(place), np.ones_like(place)
    rate = max(len(points) / _EXAGGERATION, 50.0)
    for number in range(iterations):
        watch.check()
        early = number < _EARLY
        slope = 4 * ((_EXAGGERATION if early else 1.0) * _pull(place, edges) - _push(place))
        gains = np.where(slope * speed < 0, gains + 0.2, np.maximum(0.8 * gains, 0.01))
        speed = (0.5 if early else 0.8) * speed - rate * gains * slope
        place = place + speed
        place = np.asarray(place - place.mean(axis=0))
        if number % 20 == 19:
            watch.tell(Progressed(stage="map", done=number + 1, total=iterations))
    return np.asarray(place)


def _affinities(found: Neighbors, perplexity: float) -> _Edges:
    """Symmetric affinities that sum to 1; each point's own have the wanted perplexity."""
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
    return _Edges(pairs // count, pairs % count, weights)


def _pull(place: Floats, edges: _Edges) -> Floats:
    """How neighbors pull at each point, (N, 2)."""
    apart = place[edges.first] - place[edges.second]
    weights = edges.weights / (1 + (apart**2).sum(axis=1))
    return np.stack(
        [np.bincount(edges.first, weights * apart[:, axis], len(place)) for axis in (0, 1)], axis=1
    )


def _push(place: Floats) -> Floats:
    """How all others push each point away, (N, 2): a convolution on a grid, points interpolated to and from it."""
    low = place.min(axis=0)
    width = max(float((place.max(axis=0) - low).max()), 1e-6) * 1.0001
    intervals = int(np.clip(width, _LEAST_INTERVALS, _MOST_INTERVALS))
    cells, weights = _interpolation((place - low) / (width / intervals), intervals)
    side = intervals * _NODES
    charges = np.stack([np.ones(len(place)), place[:, 0], place[:, 1], (place**2).sum(axis=1)])
    grid = np.stack(
        [np.bincount(cells.ravel(), (weights * charge[:, None]).ravel(), side * side) for charge in charges]
    ).reshape(4, side, side)
    spacing = width / side
    offsets = spacing * np.minimum(np.arange(2 * side), 2 * side - np.arange(2 * side))
    kernel = (1 + offsets[:, None] ** 2 + offsets[None] ** 2) ** -2
    spectrum = np.fft.rfft2(kernel)
    made = np.fft.irfft2(np.fft.rfft2(grid, (2 * side, 2 * side)) * spectrum, (2 * side, 2 * side))
    potential = (made[:, :side, :side].reshape(4, -1)[:, cells] * weights).sum(axis=2)
    ones, across, down, squares = potential
    own = (place**2).sum(axis=1)
    total = ((1 + own) * ones - 2 * (place[:, 0] * across + place[:, 1] * down) + squares).sum() - len(place)
    pushed = np.stack([place[:, 0] * ones - across, place[:, 1] * ones - down], axis=1)
    return np.asarray(pushed / max(float(total), 1e-12))


def _interpolation(position: Floats, intervals: int) -> tuple[NDArray[np.int64], Floats]:
    """The nine grid nodes around each point, (N, 9), and their weights by Lagrange's polynomials.

    Args:
        position: in units of intervals, (N, 2).
    """
    box = np.minimum(position.astype(np.int64), intervals - 1)
    inside = position - box
    nodes = (np.arange(_NODES) + 0.5) / _NODES
    parts = np.ones((*inside.shape, _NODES))
    for node in range(_NODES):
        for other in range(_NODES):
            if other != node:
                parts[..., node] *= (inside - nodes[other]) / (nodes[node] - nodes[other])
    first = box[..., None] * _NODES + np.arange(_NODES)
    cells = first[:, 0, :, None] * (intervals * _NODES) + first[:, 1, None, :]
    weights = parts[:, 0, :, None] * parts[:, 1, None, :]
    return cells.reshape(len(position), -1), weights.reshape(len(position), -1)
