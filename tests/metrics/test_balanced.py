"""Balanced accuracy against scikit-learn, its interval against cases made by hand and against simulation."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from convonet import metrics


@settings(derandomize=True, deadline=None, max_examples=80)
@given(st.integers(2, 6), st.data())
def test_it_equals_scikit_learn_also_where_a_class_has_no_image(classes: int, data: st.DataObject) -> None:
    label = st.integers(0, classes - 1)
    pairs = data.draw(st.lists(st.tuples(label, label), min_size=1, max_size=40))
    y_true, y_pred = np.array(pairs).T
    with warnings.catch_warnings():
        # scikit-learn warns of classes that are only predicted, and leaves them out as well.
        warnings.simplefilter("ignore")
        expected = reference.balanced_accuracy_score(y_true, y_pred)
    matrix = metrics.confusion_matrix(y_true, y_pred, classes)
    assert metrics.balanced_accuracy(matrix) == pytest.approx(expected, abs=1e-12)
    low, high = metrics.balanced_accuracy_interval(matrix)
    assert 0 <= low <= metrics.balanced_accuracy(matrix) <= high <= 1


def test_always_answering_the_largest_class_is_guessing() -> None:
    assert metrics.balanced_accuracy([[90, 0], [10, 0]]) == 0.5


def test_with_one_class_the_interval_is_that_of_its_recall() -> None:
    low, high = metrics.balanced_accuracy_interval([[37, 13], [0, 0]])
    assert (low, high) == pytest.approx(metrics.wilson(37, 50))


def test_with_two_equal_classes_the_interval_is_worked_by_hand() -> None:
    # Both recalls are 0.8 of 50: half of the sum of two equal numbers, whose errors add up as squares.
    low, high = metrics.wilson(40, 50)
    below, above = (0.8 - low) * np.sqrt(2) / 2, (high - 0.8) * np.sqrt(2) / 2
    found = metrics.balanced_accuracy_interval([[40, 10], [10, 40]])
    assert found == pytest.approx((0.8 - below, 0.8 + above))


def test_the_interval_holds_the_truth_in_95_of_100_samples() -> None:
    rng = np.random.default_rng(0)
    recalls, images = np.array([0.95, 0.7, 0.5]), np.array([200, 40, 15])
    held = 0
    for _ in range(1000):
        correct = rng.binomial(images, recalls)
        matrix = np.diag(correct) + np.roll(np.diag(images - correct), 1, axis=1)
        low, high = metrics.balanced_accuracy_interval(matrix)
        held += low <= recalls.mean() <= high
    # Three standard errors of 1,000 samples on both sides.
    assert 930 <= held <= 971


@pytest.mark.parametrize("matrix", [[[1, 2]], [[-1, 1], [0, 1]], [[0, 0], [0, 0]]])
def test_what_is_no_matrix_of_counts_is_refused(matrix: list[list[int]]) -> None:
    for score in (metrics.balanced_accuracy, metrics.balanced_accuracy_interval):
        with pytest.raises(ValueError, match="matrix"):
            score(matrix)
