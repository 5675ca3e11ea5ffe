"""Suggestions and doubts for the images of a folder, fitted once for each state of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.sorting.screen import Suggestions
from convonet.sorting.suggest import Floats, held_out_probabilities, probabilities, reduced, similar_groups


class AnswerState(NamedTuple):
    """What was answered at one moment; `version` grows with every answer."""

    version: int
    classes: list[str]
    labels: dict[str, str]
    reviewed: set[str]


class Suggester:
    """Tells what images are likely to be.

    Args:
        paths: of the images.
        features: (N, features), row i is `paths[i]`.
    """

    def __init__(self, paths: Sequence[str], features: Floats) -> None:
        self._paths = paths
        self._row = {path: row for row, path in enumerate(paths)}
        self._points = reduced(features)
        # No answers have this version, so the first question fits a classifier.
        self._fitted: tuple[int, Suggestions] = (-1, {})
        self._doubted: tuple[int, Suggestions] = (-1, {})
        self._groups: dict[int, list[NDArray[np.int64]]] = {}

    def suggestions(self, known: AnswerState) -> Suggestions:
        """Of each image without an answer the likeliest class and its confidence; empty until two are known."""
        if self._fitted[0] != known.version:
            self._fitted = known.version, self._suggested(known)
        return self._fitted[1]

    def doubts(self, known: AnswerState) -> Suggestions:
        """Labelled images for which another class is likelier, the surest first."""
        if self._doubted[0] != known.version:
            self._doubted = known.version, self._doubtful(known)
        return self._doubted[1]

    def similar(self, columns: int) -> list[NDArray[np.int64]]:
        """The rows of all images in groups of at most `columns` that look alike."""
        if columns not in self._groups:
            self._groups[columns] = similar_groups(self._points, columns)
        return self._groups[columns]

    def _labelled(self, known: AnswerState) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the images that have a class, and which, as an index of the classes."""
        index = {name: number for number, name in enumerate(known.classes)}
        pairs = [(self._row[path], index[label]) for path, label in known.labels.items() if label in index]
        rows, labels = (np.array([pair[part] for pair in pairs], np.int64) for part in (0, 1))
        return rows, labels

    def _suggested(self, known: AnswerState) -> Suggestions:
        rows, labels = self._labelled(known)
        if len(np.unique(labels)) < 2:
            return {}
        found = probabilities(self._points, rows, labels, len(known.classes))
        best, confidence = found.argmax(axis=1), found.max(axis=1)
        return {
            path: (known.classes[best[row]], float(confidence[row]))
            for row, path in enumerate(self._paths)
            if path not in known.labels
        }

    def _doubtful(self, known: AnswerState) -> Suggestions:
        rows, labels = self._labelled(known)
        if len(np.unique(labels)) < 2:
            return {}
        found = held_out_probabilities(self._points, rows, labels, len(known.classes))
        own = found[np.arange(len(rows)), labels]
        margin, best = found.max(axis=1) - own, found.argmax(axis=1)
        doubted: Suggestions = {}
        for index in np.argsort(-margin, kind="stable"):
            path = self._paths[rows[index]]
            if margin[index] > 0 and path not in known.reviewed:
                doubted[path] = known.classes[best[index]], float(found[index, best[index]])
        return doubted
