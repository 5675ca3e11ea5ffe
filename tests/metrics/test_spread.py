"""Intervals of F1, AUC and loss: those of drawing image by image, and as often right as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, sem
from sklearn.metrics import f1_score, roc_auc_score

from convonet.metrics import (
    auc_interval,
    auc_of_counts,
    bootstrap,
    confusion_matrix,
    f1_intervals,
    mean_interval,
    roc_auc,
    roc_auc_ovr,
)


def _answers(n: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    true = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    logits = rng.normal(size=(n, classes))
    logits[np.arange(n), true] += 1
    return true, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("classes", "ties"), [(2, False), (2, True), (4, False)])
def test_the_interval_of_an_area_is_the_bootstraps(classes: int, ties: bool) -> None:
    true, shares = _answers(400, classes)
    scores = np.round(shares, 1) if ties else shares

    def area(rows: np.ndarray) -> float | None:
        if classes == 2:
            return roc_auc(true[rows], scores[rows, 1])
        return roc_auc_ovr(true[rows], scores[rows])

    got = auc_interval(true, scores[:, 1] if classes == 2 else scores)
    assert got == pytest.approx(bootstrap(area, 400, seed=0, repeats=1000), abs=0.006)
    expected = (
        roc_auc_score(true, scores[:, 1]) if classes == 2 else roc_auc_score(true, shares, multi_class="ovr")
    )
    assert got is not None
    assert got.low < expected < got.high


def test_f1_is_that_of_drawn_images() -> None:
    true, shares = _answers(300, 4)
    said = shares.argmax(axis=1)
    got = f1_intervals(confusion_matrix(true, said, 4), seed=0, repeats=4000)
    rng = np.random.default_rng(9)
    draws = rng.integers(0, 300, (1500, 300))
    values = [
        f1_score(true[rows], said[rows], labels=range(4), average=None, zero_division=0) for rows in draws
    ]
    expected = np.quantile(np.mean(values, axis=1), [0.025, 0.975])
    assert got.macro == pytest.approx(expected.tolist(), abs=0.006)
    of_class = np.quantile(values, [0.025, 0.975], axis=0).T
    np.testing.assert_allclose(got.of_class, of_class, atol=0.015)


def test_the_same_seed_draws_the_same() -> None:
    matrix = [[30, 5], [7, 20]]
    assert f1_intervals(matrix, seed=1) == f1_intervals(matrix, seed=1) != f1_intervals(matrix, seed=2)


def test_the_interval_of_a_mean() -> None:
    values = np.random.default_rng(0).exponential(size=50)
    expected = norm.interval(0.9, values.mean(), sem(values))
    assert mean_interval(values, level=0.9) == pytest.approx(expected)
    assert mean_interval([2.0]) == (2, 2)


def test_two_classes_and_one_score_are_the_same() -> None:
    true, shares = _answers(150, 2)
    assert auc_interval(true, shares) == pytest.approx(auc_interval(true, shares[:, 1]))


def test_a_perfect_area_has_no_width() -> None:
    assert auc_interval([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]) == (1, 1)
    assert auc_interval([0, 1, 0], [0.3, 0.6, 0.9]) is not None


@pytest.mark.parametrize("truth", [[0, 0, 0], [1, 1, 1]])
def test_an_undefined_area_has_no_interval(truth: list[int]) -> None:
    assert auc_interval(truth, [0.1, 0.2, 0.3]) is None
    assert auc_interval(truth, np.full((3, 2), 0.5)) is None


def test_a_class_without_images_counts_as_nothing() -> None:
    got = f1_intervals([[5, 0, 0], [0, 5, 0], [0, 0, 0]], seed=0)
    assert got.of_class[2] == (0, 0)
    assert got.macro.high == pytest.approx(2 / 3)


@pytest.mark.parametrize("matrix", [[[0, 0], [0, 0]], [[1, 2]], [[-1, 2], [3, 4]]])
def test_what_is_no_matrix_is_refused(matrix: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="matrix"):
        f1_intervals(matrix, seed=0)


def test_coverage_by_simulation() -> None:
    rng = np.random.default_rng(0)
    # Normal scores one deviation apart have an area of Φ(1/√2) = 0.76025.
    held = 0
    for _ in range(1000):
        truth = np.repeat([0, 1], 60)
        interval = auc_interval(truth, rng.normal(size=120) + truth)
        assert interval is not None
        held += interval.low <= 0.76025 <= interval.high
    assert 0.93 <= held / 1000 <= 0.97


@pytest.mark.parametrize("values", [2, 5, 40])
def test_the_auc_of_counts_is_that_of_the_images_one_by_one(values: int) -> None:
    rng = np.random.default_rng(values)
    truth, scores = rng.integers(0, 2, 400), rng.integers(0, values, 400).astype(float)
    ones, zeros = (np.bincount(scores[truth == side].astype(int), minlength=values) for side in (1, 0))
    # A score that stands twice counts as one.
    where = np.concatenate([np.arange(values), [0.0]])
    counted = auc_of_counts(where, np.append(ones, 3), np.append(zeros, 2))
    assert counted is not None
    truth, scores = np.append(truth, [1, 1, 1, 0, 0]), np.append(scores, [0.0] * 5)
    assert counted[0] == pytest.approx(roc_auc_score(truth, scores))
    assert counted[1] == pytest.approx(auc_interval(truth, scores))
    assert auc_of_counts([0, 1], [0, 0], [3, 4]) is None
