from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from convonet.documents.evaluation import EvaluationDocument
from convonet.evaluation.evaluation import score
from convonet.inference.decision import Decision
from convonet.plots.reliability import reliability_figure, reliability_points

CALIBRATION: dict[str, Any] = {
    "ece": 0.1,
    "reliability": {
        "edges": [0, 0.25, 0.5, 0.75, 1],
        "counts": [0, 10, 0, 30],
        "confidence": [None, 0.4, None, 0.9],
        "accuracy": [None, 0.5, None, 0.8],
    },
    "confidence_histogram": {"edges": [0, 0.5, 1], "right": [5, 24], "wrong": [5, 6]},
}


@pytest.fixture
def document() -> EvaluationDocument:
    """An evaluation of four images whose calibration is made by hand."""
    rows = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)
    targets = np.array([0, 1, 1, 0])
    scores = score(targets, rows, Decision(None, None), classes=["a", "b"], paths=list("0123")).document()
    return scores.changed(**CALIBRATION)


def test_empty_bins_are_no_points(document: EvaluationDocument) -> None:
    points = reliability_points(document.reliability)
    assert points == ((0.4, 0.9), (0.5, 0.8), (10, 30))


def test_both_pictures_have_their_words(
    document: EvaluationDocument, clipped: Callable[[Figure], list[str]]
) -> None:
    figure = reliability_figure(document)
    left, right = figure.axes
    assert left.get_title(loc="left") == "Calibration error 0.100"
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["correct (29)", "wrong (11)"]
    assert clipped(figure) == []


def test_a_set_without_mistakes_is_drawn(document: EvaluationDocument) -> None:
    histogram = {"edges": [0, 1], "right": [3], "wrong": [0]}
    reliability_figure(document.changed(confidence_histogram=histogram))
