"""What the points of a map are colored by: their class, whether the model is right, or its confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

if TYPE_CHECKING:
    from convonet.documents.image_map import ImageMap

_NAMED = ("#1f6fc4", "#d9730d", "#2a9d5c", "#8e3bb0", "#c2297f", "#8a7000", "#0a8f9c", "#b3261e")
_GOLDEN_ANGLE = 137.508
_RIGHT, _WRONG = "#2a9d5c", "#d0342c"
_UNSURE, _SURE = (217, 115, 13), (31, 95, 208)
_STEPS = 5

COLORINGS = {
    "class": "Class",
    "correct": "Correctness",
    "confidence": "Confidence",
    "wrong": "Suspicious label",
}
NEED_ANSWERS = ("correct", "confidence")


class Coloring(NamedTuple):
    """Groups of points.

    Attributes:
        titles, colors: of each group.
        groups: (N,), the group of each point.
    """

    titles: tuple[str, ...]
    colors: tuple[QColor, ...]
    groups: NDArray[np.int64]


def coloring_of(found: ImageMap, by: str) -> Coloring:
    """The groups of a map by one of `COLORINGS`; those by answers need a map with a model's."""
    labels = np.array(found.labels)
    if by == "correct" and found.predicted is not None:
        wrong = (np.array(found.predicted) != labels).astype(np.int64)
        return Coloring(("Correct", "Wrong"), (QColor(_RIGHT), QColor(_WRONG)), wrong)
    if by == "confidence" and found.confidence is not None:
        steps = np.clip((np.array(found.confidence) * _STEPS).astype(np.int64), 0, _STEPS - 1)
        each = 100 // _STEPS
        titles = tuple(f"{each * step}–{each * (step + 1)}%" for step in range(_STEPS))
        return Coloring(titles, tuple(_mixed(step / (_STEPS - 1)) for step in range(_STEPS)), steps)
    if by == "wrong":
        suspicious = (np.array(found.wrong_label_scores) > 0).astype(np.int64)
        titles = ("Neighbors in the same class", "Neighbors in a different class")
        return Coloring(titles, (_mixed(1), QColor(_WRONG)), suspicious)
    return Coloring(found.classes, tuple(map(class_color, range(len(found.classes)))), labels)


def class_color(index: int) -> QColor:
    """The color of a class; further ones than are named get hues far apart."""
    if index < len(_NAMED):
        return QColor(_NAMED[index])
    return QColor.fromHslF(index * _GOLDEN_ANGLE % 360 / 360, 0.55, 0.42 if index % 2 else 0.55)


def _mixed(share: float) -> QColor:
    red, green, blue = (round(low + share * (high - low)) for low, high in zip(_UNSURE, _SURE, strict=True))
    return QColor(red, green, blue)
