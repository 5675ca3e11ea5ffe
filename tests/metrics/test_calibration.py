"""Calibration against scikit-learn, numpy's histogram and scipy's minimiser."""

import numpy as np
import pytest
import scipy.optimize
import scipy.special
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from convonet import metrics
from convonet.metrics.calibration import TEMPERATURE_RANGE


def calibrated(seed, n=4000, classes=4):
    """Logits, and labels drawn from their own softmax: temperature 1 by construction."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, classes)) * 1.5
    probabilities = scipy.special.softmax(logits, axis=1)
    y_true = (probabilities.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=classes - 1)
    return logits, probabilities, y_true


def test_bins_equal_scikit_learn():
    _, probabilities, y_true = calibrated(0)
    confidence, right = metrics.confidence_of(y_true, probabilities)
    found = metrics.reliability_bins(confidence, right, bins=10)
    filled = found.counts > 0
    accuracy, mean = calibration_curve(right, confidence, n_bins=10, strategy="uniform")
    np.testing.assert_allclose(found.accuracy[filled], accuracy)
    np.testing.assert_allclose(found.confidence[filled], mean)
    np.testing.assert_array_equal(found.counts, np.histogram(confidence, bins=found.edges)[0])
    assert np.isnan(found.accuracy[~filled]).all()
    assert np.isnan(found.confidence[~filled]).all()


def test_an_edge_belongs_to_the_bin_above_and_one_to_the_last():
    found = metrics.reliability_bins([0.0, 0.25, 0.5, 1.0], [1, 1, 1, 1], bins=4)
    assert found.counts.tolist() == [1, 1, 1, 1]


def test_calibration_error_worked_by_hand():
    # Two bins: mean 0.2 with none right, and mean 0.8 with one of two right.
    found = metrics.expected_calibration_error([0.2, 0.7, 0.9], [0, 1, 0], bins=2)
    assert found == pytest.approx((1 * 0.2 + 2 * 0.3) / 3)
    assert metrics.expected_calibration_error([1.0, 1.0], [True, True]) == 0.0
    assert metrics.expected_calibration_error([1.0, 1.0], [False, False]) == 1.0


def test_calibration_error_is_small_only_for_the_calibrated():
    _, probabilities, y_true = calibrated(1)
    honest = metrics.expected_calibration_error(*metrics.confidence_of(y_true, probabilities))
    boastful = metrics.apply_temperature(probabilities, 0.4)
    assert honest < 0.03
    assert metrics.expected_calibration_error(*metrics.confidence_of(y_true, boastful)) > 0.1


def test_brier_score_equals_scikit_learn():
    _, probabilities, y_true = calibrated(2, n=300)
    expected = np.mean(np.sum((probabilities - np.eye(4)[y_true]) ** 2, axis=1))
    assert metrics.brier_score(y_true, probabilities) == pytest.approx(expected)
    positive, truth = probabilities[:, 0], y_true == 0
    binary = metrics.brier_score(truth, positive)
    assert binary == pytest.approx(brier_score_loss(truth, positive))
    two_columns = np.stack([1 - positive, positive], axis=1)
    assert metrics.brier_score(truth, two_columns) == pytest.approx(2 * binary)


@pytest.mark.parametrize("true_t", [0.3, 1.0, 2.5, 6.0])
def test_fitted_temperature_is_scipys_minimum(true_t):
    logits, _, y_true = calibrated(3)

    def loss(log_t):
        log_p = scipy.special.log_softmax(logits * true_t / np.exp(log_t), axis=1)
        return -log_p[np.arange(len(y_true)), y_true].mean()

    expected = scipy.optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9})
    found = metrics.fit_temperature(logits * true_t, y_true)
    assert found == pytest.approx(np.exp(expected.x), rel=1e-5)
    assert found == pytest.approx(true_t, rel=0.1)


def test_logits_and_log_probabilities_give_the_same_temperature():
    logits, _, y_true = calibrated(4)
    sharp = scipy.special.softmax(3 * logits, axis=1)
    t = metrics.fit_temperature(3 * logits, y_true)
    assert metrics.fit_temperature(metrics.log_probabilities(sharp), y_true) == pytest.approx(t, rel=1e-9)
    softened = metrics.apply_temperature(sharp, t)
    np.testing.assert_allclose(softened, scipy.special.softmax(3 * logits / t, axis=1), atol=1e-12)
    np.testing.assert_array_equal(softened.argmax(axis=1), sharp.argmax(axis=1))
    assert log_loss(y_true, softened) < log_loss(y_true, sharp)


@pytest.mark.parametrize("scale", [1e-3, 40.0, 400.0])
def test_fit_survives_tiny_and_huge_logits(scale):
    logits, _, y_true = calibrated(5, n=500)
    t = metrics.fit_temperature(logits * scale, y_true)
    assert t == pytest.approx(np.clip(scale * metrics.fit_temperature(logits, y_true), *TEMPERATURE_RANGE))


@pytest.mark.parametrize("true_t", [0.4, 1.0, 3.0])
def test_calibrated_losses_do_not_depend_on_how_sure_a_network_is(true_t):
    logits, _, y_true = calibrated(5)
    losses, temperature = metrics.calibrated_losses(y_true, scipy.special.softmax(logits / true_t, axis=1))
    expected = scipy.optimize.minimize_scalar(
        lambda t: log_loss(y_true, scipy.special.softmax(logits / t, axis=1)),
        bounds=(0.1, 10),
        method="bounded",
    )
    assert losses.shape == (len(y_true),)
    assert losses.mean() == pytest.approx(expected.fun, rel=1e-4)
    assert temperature * true_t == pytest.approx(expected.x, rel=0.02)


def test_a_sure_mistake_costs_a_finite_loss():
    losses, _ = metrics.calibrated_losses([0, 1, 0], [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    assert np.isfinite(losses).all()


def test_fit_without_a_minimum_stops_at_the_range():
    separated = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert metrics.fit_temperature(separated, [0, 1]) == TEMPERATURE_RANGE[0]
    assert metrics.fit_temperature(separated, [1, 0]) == TEMPERATURE_RANGE[1]
    assert metrics.fit_temperature(np.zeros((2, 3)), [0, 2]) == 1.0


def test_temperature_keeps_certainty_and_one_changes_nothing():
    rows = np.array([[1.0, 0.0, 0.0], [0.5, 0.3, 0.2]])
    np.testing.assert_allclose(metrics.apply_temperature(rows, 1), rows, atol=1e-15)
    np.testing.assert_array_equal(metrics.apply_temperature(rows, 3)[0], rows[0])
    np.testing.assert_allclose(metrics.apply_temperature(rows, 1e-3)[1], [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(metrics.apply_temperature(rows, 1e6)[1], [1 / 3] * 3, atol=1e-5)


def test_logarithms_stay_finite_at_nought():
    assert np.isfinite(metrics.log_probabilities([[1.0, 0.0]])).all()


def test_histograms_split_right_from_wrong():
    found = metrics.confidence_histograms([0.1, 0.6, 0.95, 1.0], [0, 1, 0, 1], bins=2)
    assert found.edges.tolist() == [0, 0.5, 1]
    assert found.correct.tolist() == [0, 2]
    assert found.wrong.tolist() == [1, 1]
    assert metrics.confidence_histograms([0.5], [1]).wrong.sum() == 0


def test_the_plain_sentence():
    confidence = np.repeat([0.95, 0.9, 0.99], [61, 39, 10])
    right = np.repeat([0, 0, 1], [61, 39, 10])
    assert metrics.confidence_sentence(confidence, right) == (
        "61% of the wrong predictions had a confidence above 90%."
    )
    assert metrics.confidence_sentence([0.5, 0.6], [1, 1]) == "None of the 2 predictions was wrong."
    assert metrics.confidence_sentence([0.5], [1]) == "The only prediction was correct."
    assert "0% of the wrong predictions had a confidence above 99.9%." in metrics.confidence_sentence(
        confidence, right, above=0.999
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.reliability_bins([1.2], [1]), "confidence: .* from 0 to 1, received 1.2"),
        (lambda: metrics.reliability_bins([0.2], [1], bins=0), "bins: expected 1 or more, received 0"),
        (lambda: metrics.reliability_bins([0.2, 0.3], [1]), "confidence 2, correct 1"),
        (lambda: metrics.confidence_of([0], [[0.2, 0.2]]), "rows that sum to 1"),
        (lambda: metrics.brier_score([2], [0.2]), r"y_true: expected only 0 and 1, received \[2\]"),
        (lambda: metrics.brier_score([0, 1], [0.2]), "y_true 2, probabilities 1"),
        (lambda: metrics.fit_temperature([[0.0, -np.inf]], [0]), "received 1 NaN or infinite values among 2"),
        (lambda: metrics.fit_temperature([[0.0, 1.0]], [2]), "0 to 1, received 2 to 2"),
        (lambda: metrics.apply_temperature([[0.5, 0.5]], 0), "t: .* between 0 and inf, received 0"),
        (lambda: metrics.confidence_sentence([0.5], [1], above=90), "above: .* between 0 and 1, received 90"),
    ],
)
def test_bad_input_says_what_was_expected_and_received(call, message):
    with pytest.raises(ValueError, match=message):
        call()
