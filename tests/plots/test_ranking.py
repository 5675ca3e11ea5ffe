from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from convonet.documents.evaluation import EvaluationDocument
from convonet.evaluation.evaluation import score
from convonet.inference.decision import Decision
from convonet.plots.ranking import MOST_LINES, ranking_figure, ranking_lines


def document(classes: int, positive: int | None = None, images: int = 600) -> EvaluationDocument:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, classes, images)
    logits = rng.normal(size=(images, classes))
    logits[np.arange(images), truth] += 1 + np.arange(classes)[truth] / 10
    shares = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    names = [f"class {i} of the set" for i in range(classes)]
    paths = [str(i) for i in range(images)]
    return score(truth, shares, Decision(positive, None), classes=names, paths=paths).document()


def test_of_two_classes_the_answers_given_are_a_point_on_the_curve(
    clipped: Callable[[Figure], list[str]],
) -> None:
    value = document(2, positive=1)
    lines = ranking_lines(value)
    assert lines.point is not None
    fpr, tpr, precision = lines.point
    assert tpr == pytest.approx(value.sensitivity)
    assert fpr == pytest.approx(1 - (value.specificity or 0))
    assert precision == pytest.approx(value.per_class[1].precision)
    figure = ranking_figure(value)
    left, right = figure.axes
    assert (len(left.lines), len(right.lines)) == (3, 3)
    assert f"{value.auc:.3f}" in figure.legends[0].get_texts()[0].get_text()
    assert clipped(figure) == []


def test_of_many_classes_the_worst_are_drawn(clipped: Callable[[Figure], list[str]]) -> None:
    value = document(12)
    lines = ranking_lines(value)
    assert len(lines.curves) == MOST_LINES
    assert max(curve.auc for curve in lines.curves) <= sorted(c.auc for c in value.curves)[MOST_LINES]
    assert clipped(ranking_figure(value)) == []
    assert lines.title == "Each class against the rest: the 8 worst of 12"
    assert ranking_lines(document(3)).title == "Each class against the rest"


def test_without_curves_an_empty_picture_is_drawn() -> None:
    ranking_figure(document(3).changed(curves=()))
