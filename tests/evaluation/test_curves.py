"""ROC and precision-recall curves of an evaluation, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from convonet.evaluation.curves import MOST_CLASSES, MOST_POINTS, ClassCurves, curves_of, thinned


def case(classes: int, images: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes)
    truth = rng.integers(0, classes, images)
    logits = rng.normal(size=(images, classes))
    logits[np.arange(images), truth] += 1.5
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # Equal scores are where implementations differ.
    return truth, np.round(shares, 2).astype(np.float32)


def curves(classes: int, images: int, positive: int | None = None) -> tuple[ClassCurves, ...]:
    return curves_of(*case(classes, images), [str(i) for i in range(classes)], positive=positive)


@pytest.mark.parametrize(
    ("classes", "images", "positive"), [(2, 80, 0), (2, 3000, 1), (3, 60, None), (10, 900, None)]
)
def test_numbers_are_those_of_scikit_learn(classes: int, images: int, positive: int | None) -> None:
    truth, shares = case(classes, images)
    got = curves(classes, images, positive)
    assert [curve.cls for curve in got] == [
        str(i) for i in (range(classes) if positive is None else [positive])
    ]
    for curve in got:
        place = int(curve.cls)
        own, scores = truth == place, shares[:, place]
        assert curve.auc == pytest.approx(reference.roc_auc_score(own, scores), abs=1e-12)
        assert curve.average_precision == pytest.approx(
            reference.average_precision_score(own, scores), abs=1e-12
        )
        assert curve.auc_interval.low < curve.auc < curve.auc_interval.high
        fpr, tpr, _ = reference.roc_curve(own, scores, drop_intermediate=False)
        assert set(map(tuple, curve.roc.round(9))) <= set(zip(fpr.round(9), tpr.round(9), strict=True))
        precision, recall, _ = reference.precision_recall_curve(own, scores)
        points = set(zip(recall.round(9), precision.round(9), strict=True))
        assert set(map(tuple, curve.precision_recall.round(9))) <= points
        assert (curve.images, curve.chance) == (own.sum(), pytest.approx(own.mean()))


def test_ends_stay_and_points_are_few() -> None:
    rng = np.random.default_rng(0)
    line = np.sort(rng.random((5000, 2)), axis=0)
    few = thinned(line)
    assert len(few) <= MOST_POINTS
    assert (few[0] == line[0]).all()
    assert (few[-1] == line[-1]).all()
    assert np.abs(np.interp(line[:, 0], few[:, 0], few[:, 1]) - line[:, 1]).max() < 0.02
    assert thinned(line[:7]) is not None
    assert len(thinned(line[:7])) == 7


def test_of_very_many_classes_the_worst_are_kept() -> None:
    truth, shares = case(55, 4000)
    got = curves(55, 4000)
    assert len(got) == MOST_CLASSES
    every = {i: reference.roc_auc_score(truth == i, shares[:, i]) for i in range(55)}
    assert {int(curve.cls) for curve in got} == set(sorted(every, key=every.__getitem__)[:MOST_CLASSES])


@pytest.mark.parametrize("truth", [[0, 0, 0], [0, 1, 1]])
def test_a_class_without_images_has_no_curve(truth: list[int]) -> None:
    shares = np.full((3, 3), 1 / 3, np.float32)
    got = curves_of(np.array(truth), shares, ["a", "b", "c"])
    assert [curve.cls for curve in got] == ([] if len(set(truth)) == 1 else ["a", "b"])
