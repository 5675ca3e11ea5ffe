"""Where the points of a map are on the screen, which lie inside a line that was drawn, and which cover none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

MARGIN = 24
_MOST_ZOOM = 400


class View:
    """From coordinates of a map to pixels: `scale` pixels per unit, and where its origin is."""

    def __init__(self) -> None:
        self.scale = self.least = 1.0
        self.origin = np.zeros(2)

    def places(self, points: Floats) -> Floats:
        """Pixels of points, (N, 2)."""
        return np.asarray(self.origin + self.scale * points)

    def fit_all(self, points: Floats, width: int, height: int) -> None:
        """Show all points; the zoom is bounded by how large they are now."""
        self.fit(points, width, height)
        self.least = self.scale

    def fit(self, points: Floats, width: int, height: int, most: float = np.inf) -> None:
        """Show some points in the middle, at most `most` times as large as when all are shown."""
        low, high = points.min(axis=0), points.max(axis=0)
        room = np.maximum(np.array([width, height]) - 2 * MARGIN, 1)
        # A single point, and points in one line, have no extent by which to divide.
        self.scale = min(float((room / np.maximum(high - low, 1e-9)).min()), most * self.least)
        self.origin = np.array([width, height]) / 2 - self.scale * (low + high) / 2

    def zoom(self, factor: float, x: float, y: float) -> None:
        """Zoom around a pixel."""
        scale = float(np.clip(self.scale * factor, self.least / 2, self.least * _MOST_ZOOM))
        at = np.array([x, y])
        self.origin = at - (at - self.origin) * scale / self.scale
        self.scale = scale

    def pan(self, x: float, y: float) -> None:
        """Move by pixels."""
        self.origin = self.origin + np.array([x, y])


def inside(polygon: Floats, places: Floats) -> NDArray[np.bool_]:
    """Which places (N, 2) lie inside a closed polygon (M, 2), by the even-odd rule."""
    found = np.zeros(len(places), np.bool_)
    x, y = places[:, 0], places[:, 1]
    for (ax, ay), (bx, by) in zip(polygon, np.roll(polygon, 1, axis=0), strict=True):
        # A horizontal edge crosses no horizontal ray, and its height is no divisor.
        if ay != by:
            found ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return found


def thinned(places: Floats, side: float) -> list[int]:
    """Indices of places around which squares of this side cover no other, the first ones first."""
    taken: list[int] = []
    for index, place in enumerate(places):
        if not len(taken) or (np.abs(places[taken] - place) >= side).any(axis=1).all():
            taken.append(index)
    return taken
