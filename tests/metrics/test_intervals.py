"""Intervals against statsmodels and scipy, and whether they cover the truth as often as they say."""

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import f1_score
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from convonet import metrics
from convonet.metrics import intervals


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (0, 20), (20, 20), (3, 10), (9876, 10000)])
def test_wilson_equals_statsmodels(successes, n, level):
    expected = proportion_confint(successes, n, alpha=1 - level, method="wilson")
    np.testing.assert_allclose(metrics.wilson(successes, n, level), expected, atol=1e-12)


def test_wilson_ends_exactly_at_nought_and_one():
    assert metrics.wilson(0, 7).low == 0.0
    assert metrics.wilson(7, 7).high == 1.0


@pytest.mark.parametrize("shares", [(0.3, 0.7), (0.8, 0.95), (0.95, 0.995)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_wilson_covers_the_true_share_as_often_as_it_says(shares, level):
    rng = np.random.default_rng(5)
    # At one share the coverage swings by some percent, as counts are whole; so many shares are drawn.
    truths = rng.uniform(*shares, 4000)
    found = [metrics.wilson(int(rng.binomial(200, truth)), 200, level) for truth in truths]
    held = [low <= truth <= high for (low, high), truth in zip(found, truths, strict=True)]
    assert np.mean(held) == pytest.approx(level, abs=0.02)


@pytest.mark.parametrize(
    "counts", [(56, 70, 48, 80), (9, 10, 3, 10), (10, 10, 0, 20), (940, 1000, 1880, 2000)]
)
def test_difference_equals_statsmodels(counts):
    expected = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    np.testing.assert_allclose(metrics.difference(*counts), expected, atol=1e-9)


def test_a_drop_is_told_only_beyond_noise():
    told = metrics.drop_sentence(940, 1000, 850, 1000)
    assert told is not None
    assert told.startswith("Test accuracy (85.0%) is below validation accuracy (94.0%)")
    assert "percentage points (95% CI)" in told
    assert metrics.drop_sentence(94, 100, 92, 100) is None
    assert metrics.drop_sentence(850, 1000, 940, 1000) is None


def mean_of(values):
    return lambda rows: values[rows].mean(axis=-1)


def test_bootstrap_is_near_scipy():
    values = np.random.default_rng(1).exponential(size=80)
    ours = metrics.bootstrap(mean_of(values), 80, seed=2, repeats=9000, vectorized=True)
    theirs = scipy.stats.bootstrap((values,), np.mean, n_resamples=9000, method="percentile", rng=3)
    np.testing.assert_allclose(ours, theirs.confidence_interval, atol=0.015)


def test_bootstrap_covers_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(8)
    held = []
    for trial in range(600):
        right = rng.random(100) < 0.8
        low, high = metrics.bootstrap(mean_of(right), 100, seed=trial, repeats=400, vectorized=True)
        held.append(low <= 0.8 <= high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)


def test_bootstrap_draws_depend_on_the_seed_alone(monkeypatch):
    values = np.random.default_rng(4).normal(size=31)
    whole = metrics.bootstrap(mean_of(values), 31, seed=9, repeats=200, vectorized=True)
    assert metrics.bootstrap(mean_of(values), 31, seed=9, repeats=200) == whole
    assert metrics.bootstrap(mean_of(values), 31, seed=10, repeats=200) != whole
    shapes = []

    def watched(rows):
        shapes.append(rows.shape)
        return mean_of(values)(rows)

    monkeypatch.setattr(intervals, "BLOCK_INDICES", 31 * 64)
    assert metrics.bootstrap(watched, 31, seed=9, repeats=200, vectorized=True) == whole
    assert shapes == [(64, 31)] * 3 + [(8, 31)]


def test_bootstrap_of_macro_f1_holds_the_score():
    rng = np.random.default_rng(6)
    y_true = rng.integers(0, 3, 90)
    y_pred = np.where(rng.random(90) < 0.8, y_true, rng.integers(0, 3, 90))

    def macro_f1(rows):
        return metrics.precision_recall_f1(metrics.confusion_matrix(y_true[rows], y_pred[rows], 3)).macro.f1

    low, high = metrics.bootstrap(macro_f1, 90, seed=0, repeats=500)
    assert low < f1_score(y_true, y_pred, average="macro") < high


def test_bootstrap_leaves_out_draws_in_which_the_statistic_is_undefined():
    truth, scores = [0, 0, 1], np.array([0.1, 0.6, 0.4])

    def area(rows):
        return metrics.roc_auc(np.array(truth)[rows], scores[rows])

    assert metrics.bootstrap(area, 3, seed=0, repeats=300) == (0.0, 1.0)
    with pytest.raises(ValueError, match="at least one draw, received none in 20"):
        metrics.bootstrap(lambda rows: None, 3, seed=0, repeats=20)


def two_models(both, only_a, only_b, neither):
    a = np.repeat([1, 1, 0, 0], [both, only_a, only_b, neither])
    b = np.repeat([1, 0, 1, 0], [both, only_a, only_b, neither])
    return a, b


@pytest.mark.parametrize(
    "cells", [(50, 3, 12, 5), (0, 1, 0, 0), (7, 8, 7, 1), (10, 40, 90, 0), (5, 900, 1100, 3)]
)
def test_mcnemar_equals_statsmodels(cells):
    found = metrics.mcnemar(*two_models(*cells))
    assert found[:4] == cells
    both, only_a, only_b, neither = cells
    table = [[both, only_a], [only_b, neither]]
    exact = reference_mcnemar(table, exact=True)
    corrected = reference_mcnemar(table, exact=False, correction=True)
    assert found.p_value == pytest.approx(exact.pvalue, rel=1e-9)
    assert found.statistic == pytest.approx(corrected.statistic)
    assert found.p_chi2 == pytest.approx(corrected.pvalue)


def test_mcnemar_of_a_balance_is_no_difference():
    found = metrics.mcnemar(*two_models(3, 4, 4, 2))
    assert (found.p_value, found.statistic, found.p_chi2) == (1.0, 0.0, 1.0)
    same = metrics.mcnemar([1, 0, 1], [1, 0, 1])
    assert (same.p_value, same.p_chi2) == (1.0, 1.0)


@pytest.mark.parametrize("n", [1, 12, 2000, 200_000])
def test_binomial_tail_equals_scipy(n):
    k = n // 2 - int(2 * n**0.5) if n > 12 else n // 3
    assert intervals._fair_coin_tail(k, n) == pytest.approx(scipy.stats.binom.cdf(k, n, 0.5), rel=1e-7)


def test_mcnemar_in_plain_words():
    better = metrics.mcnemar(*two_models(900, 12, 40, 48))
    assert metrics.mcnemar_sentence(better, "plain", "deep") == (
        "Of 1,000 images, 12 are predicted correctly only by plain and 40 only by deep: "
        "deep is better by more than chance would explain (p < 0.001)."
    )
    tied = metrics.mcnemar(*two_models(10, 2, 1, 0))
    assert metrics.mcnemar_sentence(tied).endswith("the difference may be due to chance (p = 1.000).")
    assert metrics.mcnemar_sentence(metrics.mcnemar([1, 0], [1, 0])) == (
        "A and B predict the same 1 of 2 images correctly."
    )
    first = metrics.mcnemar(*two_models(0, 9, 1, 0))
    assert "A is better by more than chance would explain (p = 0.021)" in metrics.mcnemar_sentence(first)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.wilson(1, 0), "n: expected 1 or more, received 0"),
        (lambda: metrics.wilson(6, 5), "successes: expected 0 to n = 5, received 6"),
        (lambda: metrics.wilson(1, 5, level=95), "level: expected a number between 0 and 1, received 95"),
        (lambda: metrics.bootstrap(np.mean, 0, seed=0), "n: expected 1 or more"),
        (lambda: metrics.bootstrap(np.mean, 3, seed=0, repeats=0), "repeats: expected 1 or more"),
        (lambda: metrics.bootstrap(np.mean, 3, seed=0, level=1.0), "level: expected"),
        (lambda: metrics.bootstrap(np.mean, 3, seed=0, vectorized=True), r"\(2000,\), received shape"),
        (lambda: metrics.mcnemar([1, 0], [1]), "correct_a 2, correct_b 1"),
        (lambda: metrics.mcnemar([3], [1]), r"correct_a: expected only 0 and 1, received \[3\]"),
    ],
)
def test_bad_input_says_what_was_expected_and_received(call, message):
    with pytest.raises(ValueError, match=message):
        call()
