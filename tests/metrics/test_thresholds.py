"""Thresholds against trying them all, and scikit-learn's recall of either class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import recall_score

from convonet import metrics

rows = st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=1, max_size=30)
seeded = settings(derandomize=True, deadline=None, max_examples=100)


def columns(pairs):
    truth, p = zip(*pairs, strict=True)
    return np.array(truth), np.array(p) / 10


def test_p_at_the_threshold_is_positive():
    assert metrics.predict_with_threshold([0.29, 0.3, 0.31], 0.3).tolist() == [0, 1, 1]
    assert metrics.predict_with_threshold([0.0, 1.0], 0.0).tolist() == [1, 1]
    assert metrics.predict_with_threshold([0.999, 1.0], 1.0).tolist() == [0, 1]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("t", np.linspace(0, 1, 21))
def test_a_network_that_says_exactly_the_threshold_is_positive(dtype, t):
    assert metrics.predict_with_threshold(np.array([t], dtype), t).tolist() == [1]


def test_sensitivity_and_specificity_are_both_recalls():
    rng = np.random.default_rng(0)
    truth, answer = rng.integers(0, 2, 80), rng.integers(0, 2, 80)
    found = metrics.sensitivity_specificity(truth, answer)
    assert found.sensitivity == pytest.approx(recall_score(truth, answer))
    assert found.specificity == pytest.approx(recall_score(truth, answer, pos_label=0))
    assert metrics.sensitivity_specificity([1, 1], [1, 0]) == (0.5, None)
    assert metrics.sensitivity_specificity([0, 0], [1, 0]) == (None, 0.5)


@seeded
@given(rows, st.integers(1, 20))
def test_threshold_for_recall_is_the_highest_that_reaches_it(pairs, twentieths):
    truth, p = columns([*pairs, (True, 4)])
    wanted = twentieths / 20
    reached = [t for t in np.unique(p) if recall_score(truth, metrics.predict_with_threshold(p, t)) >= wanted]
    assert metrics.threshold_for_recall(truth, p, wanted) == max(reached)


def test_threshold_for_recall_is_not_one_positive_off_by_rounding():
    p = np.arange(1, 101) / 100
    for hundredths in range(1, 101):
        t = metrics.threshold_for_recall(np.ones(100), p, hundredths / 100)
        assert metrics.predict_with_threshold(p, t).sum() == hundredths


@seeded
@given(rows, st.sampled_from([(1, 1), (1, 5), (7, 2), (0, 1), (1, 0), (0.5, 0.25)]))
def test_threshold_for_costs_is_the_highest_of_the_cheapest(pairs, costs):
    truth, p = columns(pairs)

    def cost(t):
        answer = metrics.predict_with_threshold(p, t) == 1
        return costs[0] * np.sum(answer & ~truth) + costs[1] * np.sum(~answer & truth)

    tried = {t: cost(t) for t in np.arange(101) / 100}
    found = metrics.threshold_for_costs(truth, p, *costs)
    assert cost(found) == min(tried.values())
    assert found == pytest.approx(max(t for t, spent in tried.items() if spent == min(tried.values())))


def test_a_threshold_found_on_float32_does_the_same_when_used():
    p = np.random.default_rng(1).random(200).astype(np.float32)
    truth = p > 0.4
    t = metrics.threshold_for_costs(truth, p, 1, 1)
    assert metrics.sensitivity_specificity(truth, metrics.predict_with_threshold(p, t)) == (1.0, 1.0)
    assert metrics.threshold_for_recall(truth, p, 1.0) == t


def test_dear_misses_lower_the_threshold():
    truth, p = [0, 1, 0, 1], [0.2, 0.3, 0.6, 0.9]
    assert metrics.threshold_for_costs(truth, p, 1, 10) == 0.3
    assert metrics.threshold_for_costs(truth, p, 10, 1) == 0.9
    assert metrics.threshold_for_costs([0, 0], [0.2, 0.3], 1, 1) == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.predict_with_threshold([0.5], 30), "t: expected .* from 0 to 1, received 30"),
        (lambda: metrics.predict_with_threshold([0.5], np.nan), "t: expected a threshold"),
        (lambda: metrics.predict_with_threshold([[0.5]], 0.3), r"p_positive: expected shape \(n,\)"),
        (lambda: metrics.predict_with_threshold([1.5], 0.3), "p_positive: expected values from 0 to 1"),
        (lambda: metrics.threshold_for_recall([1], [0.5], 0), "min_recall: expected a number above 0"),
        (
            lambda: metrics.threshold_for_recall([0], [0.5], 0.9),
            "at least one positive, received 0 of 1 value",
        ),
        (lambda: metrics.threshold_for_recall([0, 1], [0.5], 0.9), "y_true 2, p_positive 1"),
        (lambda: metrics.threshold_for_costs([0], [0.5], -1, 1), "not both 0, received -1 and 1"),
        (lambda: metrics.threshold_for_costs([0], [0.5], 0, 0), "received 0 and 0"),
        (lambda: metrics.threshold_for_costs([0], [0.5], 1, np.inf), "received 1 and inf"),
        (lambda: metrics.sensitivity_specificity([0, 1], [1]), "y_true 2, y_pred 1"),
    ],
)
def test_bad_input_says_what_was_expected_and_received(call, message):
    with pytest.raises(ValueError, match=message):
        call()
