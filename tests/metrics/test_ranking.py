"""Curves and areas against scikit-learn, above all where scores tie."""

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from convonet import metrics

# Few distinct scores, so that most rows tie; both classes are there.
both_classes = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=40).map(
    lambda rows: [*rows, (True, 2), (False, 3)]
)
seeded = settings(derandomize=True, deadline=None, max_examples=80)


def columns(rows):
    truth, scores = zip(*rows, strict=True)
    return np.array(truth), np.array(scores) / 5


@seeded
@given(both_classes)
def test_roc_equals_scikit_learn_with_ties(rows):
    truth, scores = columns(rows)
    ours = metrics.roc_curve(truth, scores)
    theirs = reference.roc_curve(truth, scores, drop_intermediate=False)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other)
    assert metrics.roc_auc(truth, scores) == pytest.approx(reference.roc_auc_score(truth, scores), abs=1e-14)


@seeded
@given(both_classes)
def test_precision_recall_equals_scikit_learn_with_ties(rows):
    truth, scores = columns(rows)
    ours = metrics.precision_recall_curve(truth, scores)
    theirs = reference.precision_recall_curve(truth, scores)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other)
    expected = reference.average_precision_score(truth, scores)
    assert metrics.average_precision(truth, scores) == pytest.approx(expected, abs=1e-14)


@seeded
@given(both_classes)
def test_area_is_the_share_of_pairs_in_order(rows):
    truth, scores = columns(rows)
    pairs = scores[truth][:, None] - scores[~truth][None, :]
    wins = np.count_nonzero(pairs > 0) + np.count_nonzero(pairs == 0) / 2
    assert metrics.roc_auc(truth, scores) == wins / pairs.size


@pytest.mark.parametrize(
    ("scores", "area"), [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.9, 0.8, 0.2, 0.1], 0.0), ([0.5] * 4, 0.5)]
)
def test_area_of_best_worst_and_useless_scores(scores, area):
    assert metrics.roc_auc([0, 0, 1, 1], scores) == area


def test_turned_scores_give_the_turned_area():
    rng = np.random.default_rng(0)
    truth, scores = rng.random(500) < 0.3, rng.random(500).astype(np.float32)
    area = metrics.roc_auc(truth, scores)
    assert area is not None
    assert metrics.roc_auc(truth, -scores) == pytest.approx(1 - area, abs=1e-15)


@pytest.mark.parametrize("classes", [2, 4])
def test_one_against_the_rest_equals_scikit_learn(classes):
    rng = np.random.default_rng(classes)
    probabilities = rng.dirichlet(np.ones(classes), 300)
    y_true = rng.integers(0, classes, 300)
    if classes == 2:
        expected = reference.roc_auc_score(y_true, probabilities[:, 1])
    else:
        expected = reference.roc_auc_score(y_true, probabilities, multi_class="ovr", average="macro")
    assert metrics.roc_auc_ovr(y_true, probabilities) == pytest.approx(expected)


def test_an_area_without_meaning_is_none():
    assert metrics.roc_auc([1, 1], [0.1, 0.2]) is None
    assert metrics.roc_auc([0, 0], [0.1, 0.2]) is None
    assert metrics.average_precision([0, 0], [0.1, 0.2]) is None
    assert metrics.roc_auc_ovr([0, 1, 0], np.eye(3)) is None
    assert metrics.average_precision([1, 1], [0.1, 0.2]) == 1.0


def test_points_worked_by_hand():
    roc = metrics.roc_curve([1, 0, 1, 0], [0.9, 0.8, 0.8, 0.1])
    assert roc.fpr.tolist() == [0, 0, 0.5, 1]
    assert roc.tpr.tolist() == [0, 0.5, 1, 1]
    assert roc.thresholds.tolist() == [np.inf, 0.9, 0.8, 0.1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.roc_curve([1, 1], [0.1, 0.2]), "both classes, received 2 positive and 0 negative"),
        (
            lambda: metrics.precision_recall_curve([0], [0.1]),
            "at least one positive, received 1 negative and no positive",
        ),
        (lambda: metrics.roc_auc([0, 2], [0.1, 0.2]), r"only 0 and 1, received \[0, 2\]"),
        (lambda: metrics.roc_auc(["0", "1"], [0.1, 0.2]), r"only 0 and 1, received \['0', '1'\]"),
        (lambda: metrics.roc_auc([0, 1], [0.1, np.inf]), "received 1 NaN or infinite values among 2"),
        (lambda: metrics.roc_auc([0, 1], [0.1]), "y_true 2, scores 1"),
        (lambda: metrics.average_precision([0, 1], [0.1]), "y_true 2, scores 1"),
        (lambda: metrics.roc_auc_ovr([0, 1], np.eye(3)), "y_true 2, probabilities 3"),
    ],
)
def test_bad_input_says_what_was_expected_and_received(call, message):
    with pytest.raises(ValueError, match=message):
        call()
