"""How the points of a t-SNE map push each other away: a convolution on a grid, points interpolated to and from it.

Reference:
    Linderman et al. 2019, Fast interpolation-based t-SNE for improved visualization of single-cell RNA-seq data.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

_INTERVALS = (30, 32, 36, 40, 45, 48, 54, 60, 64, 72, 80, 90, 100)
"""Numbers of intervals along a side; six times as many grid points are a size that FFTs are fast for."""
_NODES = 3
_GROWTH = 1.1


class Repulsion:
    """Computes the repulsion; what belongs to a grid is kept while the grid stays the same."""

    def __init__(self) -> None:
        self._grid: _Grid | None = None

    def of(self, place: Floats) -> Floats:
        """How all others push each point (N, 2) away, (N, 2), divided by the sum over all pairs."""
        low = place.min(axis=0)
        intervals, length = _size(float((place.max(axis=0) - low).max()))
        if self._grid is None or (self._grid.intervals, self._grid.length) != (intervals, length):
            self._grid = _grid(intervals, length)
        grid = self._grid
        side = intervals * _NODES
        cells, weights = _interpolation((place - low) / length, intervals)
        # bincount adds up points that share a grid node; plain indexed addition would keep only one.
        charges = np.bincount(cells.ravel(), weights.ravel(), side * side).reshape(side, side)
        # Single precision is enough for a picture, and takes half the time.
        # Padded to twice the side, since an FFT wraps around and points at opposite edges would push each other.
        spectrum = np.fft.rfft2(charges.astype(np.float32), (2 * side, 2 * side))
        fields = np.fft.irfft2(spectrum * grid.kernels, (2 * side, 2 * side))[:, :side, :side]
        near, across, down = (np.take(field, cells) for field in fields.reshape(3, -1))
        # Every point is also near itself.
        total = float((near * weights).sum()) - len(place)
        pushed = np.stack([(field * weights).sum(axis=1) for field in (across, down)], axis=1)
        return np.asarray(pushed / max(total, 1e-12), np.float64)


class _Grid(NamedTuple):
    """Intervals along a side, the length of one, and the spectra of what one point does to the others.

    Attributes:
        kernels: of nearness, and of the push along both axes.
    """

    intervals: int
    length: float
    kernels: NDArray[np.complexfloating[Any, Any]]


def _size(width: float) -> tuple[int, float]:
    """How many intervals a map of this width has, and their length: 1 where that many are neither few nor too many."""
    length = 1.0
    if width > _INTERVALS[-1] or width < _INTERVALS[0]:
        # Lengths grow in steps, so that the grid of a map that grows slowly stays for a while.
        wanted = _INTERVALS[-1 if width > _INTERVALS[-1] else 0]
        steps = np.ceil(np.log(max(width, 1e-6) / wanted) / np.log(_GROWTH))
        length = float(_GROWTH**steps)
    needed = max(width, 1e-6) / length
    return next(count for count in (*_INTERVALS, _INTERVALS[-1] + 1) if count >= needed - 1e-9), length


def _grid(intervals: int, length: float) -> _Grid:
    side = intervals * _NODES
    steps = np.minimum(np.arange(2 * side), 2 * side - np.arange(2 * side))
    signs = np.where(np.arange(2 * side) < side, 1, -1)
    offsets = length / _NODES * steps * signs
    near = 1 / (1 + offsets[:, None] ** 2 + offsets[None] ** 2)
    made = np.stack([near, offsets[:, None] * near**2, offsets[None] * near**2])
    return _Grid(intervals, length, np.fft.rfft2(made.astype(np.float32)))


def _interpolation(position: Floats, intervals: int) -> tuple[NDArray[np.int64], Floats]:
    """The nine grid nodes around each point, (N, 9), and their weights by Lagrange's polynomials.

    Args:
        position: in units of intervals, (N, 2).
    """
    # A point on the far edge belongs to the last interval, as there is none behind it.
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
