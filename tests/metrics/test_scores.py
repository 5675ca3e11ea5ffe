"""Counts and shares against scikit-learn, and cases small enough to work out by hand."""

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from convonet import metrics


def draw(seed, n=200, classes=5):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, classes)) * 2
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return rng.integers(0, classes, n), probabilities


@st.composite
def answers(draw_from):
    classes = draw_from(st.integers(2, 6))
    label = st.integers(0, classes - 1)
    pairs = draw_from(st.lists(st.tuples(label, label), min_size=1, max_size=40))
    y_true, y_pred = np.array(pairs).T
    return y_true, y_pred, classes


@settings(derandomize=True, deadline=None, max_examples=80)
@given(answers())
def test_counts_and_class_scores_equal_scikit_learn(case):
    y_true, y_pred, classes = case
    names = list(range(classes))
    matrix = metrics.confusion_matrix(y_true, y_pred, classes)
    np.testing.assert_array_equal(matrix, reference.confusion_matrix(y_true, y_pred, labels=names))
    assert metrics.accuracy(y_true, y_pred) == pytest.approx(reference.accuracy_score(y_true, y_pred))

    found = metrics.precision_recall_f1(matrix)
    for average, ours in ((None, found[:4]), ("macro", found.macro), ("weighted", found.weighted)):
        theirs = reference.precision_recall_fscore_support(
            y_true, y_pred, labels=names, average=average, zero_division=0
        )
        for mine, other in zip(ours, theirs, strict=average is None):
            np.testing.assert_allclose(mine, other, atol=1e-14)


def test_rows_of_the_matrix_are_the_truth():
    matrix = metrics.confusion_matrix([0, 0, 0, 1], [1, 1, 0, 1], 3)
    assert matrix.tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 0]]
    assert matrix.dtype == np.int64


def test_class_scores_worked_by_hand():
    found = metrics.precision_recall_f1([[1, 2, 0], [0, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(found.precision, [1, 1 / 3, 0])
    np.testing.assert_allclose(found.recall, [1 / 3, 1, 0])
    np.testing.assert_allclose(found.f1, [0.5, 0.5, 0])
    assert found.support.tolist() == [3, 1, 0]
    assert found.macro.f1 == pytest.approx(1 / 3)
    assert found.weighted.precision == pytest.approx((3 * 1 + 1 / 3) / 4)


def test_baseline_is_the_share_of_the_commonest_class():
    assert metrics.baseline_accuracy([2, 2, 2, 0]) == 0.75
    assert metrics.baseline_accuracy([7]) == 1.0


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_top_k_equals_scikit_learn(k):
    y_true, probabilities = draw(seed=k)
    ours = metrics.top_k_accuracy(y_true, probabilities, k)
    assert ours == pytest.approx(reference.top_k_accuracy_score(y_true, probabilities, k=k))


def test_top_1_is_the_accuracy_of_argmax_also_with_ties():
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 3, (300, 4)) / 3
    y_true = rng.integers(0, 4, 300)
    assert metrics.top_k_accuracy(y_true, scores, 1) == metrics.accuracy(y_true, scores.argmax(axis=1))


def test_a_tie_in_top_k_goes_to_the_lower_index():
    flat = np.full((4, 4), 0.25)
    assert metrics.top_k_accuracy([0, 1, 2, 3], flat, 2) == 0.5
    assert metrics.top_k_accuracy([2, 3], flat[:2], 2) == 0.0


@pytest.mark.parametrize(("k", "classes"), [(2, 2), (3, 2), (5, 5)])
def test_top_k_means_nothing_when_k_covers_the_classes(k, classes):
    assert metrics.top_k_accuracy([0, 1], np.full((2, classes), 1 / classes), k) is None


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_log_loss_equals_scikit_learn(dtype):
    y_true, probabilities = draw(seed=1)
    probabilities = probabilities.astype(dtype)
    theirs = reference.log_loss(y_true, probabilities, labels=range(5))
    assert metrics.log_loss(y_true, probabilities) == pytest.approx(theirs, rel=1e-6)


def test_a_sure_mistake_costs_a_bounded_loss():
    assert metrics.log_loss([1], [[1.0, 0.0]]) == pytest.approx(-np.log(1e-7))
    assert metrics.log_loss([1], [[1.0, 0.0]], eps=1e-3) == pytest.approx(-np.log(1e-3))
    assert metrics.log_loss([0], [[1.0, 0.0]]) == pytest.approx(1e-7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.accuracy([0, 1], [0]), r"y_true 2, y_pred 1"),
        (lambda: metrics.accuracy([], []), r"at least one row, received \(0,\)"),
        (lambda: metrics.accuracy([0.5], [0]), r"y_true: expected whole numbers .* float64"),
        (lambda: metrics.accuracy([[0]], [0]), r"y_true: expected shape \(n,\)"),
        (lambda: metrics.confusion_matrix([0, 3], [0, 1], 3), r"class indices 0 to 2, received 0 to 3"),
        (lambda: metrics.confusion_matrix([0], [-1], 3), r"y_pred: .* received -1 to -1"),
        (lambda: metrics.confusion_matrix([0], [0], 0), r"num_classes: expected 1 or more"),
        (lambda: metrics.precision_recall_f1([[1, 2]]), r"square .* shape \(1, 2\)"),
        (lambda: metrics.precision_recall_f1([[0, 0], [0, 0]]), r"sum 0"),
        (lambda: metrics.precision_recall_f1([[2, -1], [0, 0]]), r"smallest -1"),
        (lambda: metrics.top_k_accuracy([0], [[0.5, 0.5]], 0), r"k: expected 1 or more, received 0"),
        (lambda: metrics.top_k_accuracy([2], [[0.5, 0.5]], 1), r"0 to 1, received 2 to 2"),
        (lambda: metrics.log_loss([0], [[0.5, 0.1]]), r"sum to 1, received a row that sums to 0.6"),
        (lambda: metrics.log_loss([0], [[2.0, -1.0]]), r"from 0 to 1, received -1 to 2"),
        (
            lambda: metrics.log_loss([0], [[np.nan, 1.0]]),
            r"finite numbers, received 1 NaN or infinite values among 2",
        ),
        (lambda: metrics.log_loss([0], [[1.0]]), r"2 or more classes, received \(1, 1\)"),
        (lambda: metrics.log_loss([0], [0.5]), r"expected shape \(n, classes\)"),
        (lambda: metrics.log_loss([0], [["a", "b"]]), r"expected numbers, received <U1"),
        (lambda: metrics.log_loss([0], [[0.5, 0.5]], eps=0), r"eps: expected a number between 0 and 0.5"),
    ],
)
def test_bad_input_says_what_was_expected_and_received(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_every_public_name_exists_once():
    assert len(set(metrics.__all__)) == len(metrics.__all__)
    assert all(hasattr(metrics, name) for name in metrics.__all__)
