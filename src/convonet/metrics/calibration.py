"""Whether a confidence means what it says: reliability, Brier score, temperature, sure mistakes.

Confidence is the probability of the predicted class, 0..1; ``correct`` says whether that class is the true one.
Source: C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import _checks
from ._checks import BoolArray, FloatArray, IntArray

# Outside this range a fitted temperature says only that the set is too small or has no mistake.
TEMPERATURE_RANGE = (0.05, 20.0)
LOG_FLOOR = 1e-30
_LEAST_PROBABILITY = 1e-7


class Confidence(NamedTuple):
    """Each image's confidence, shape (n,), and whether the answer is correct, shape (n,)."""

    confidence: FloatArray
    correct: BoolArray


class ReliabilityBins(NamedTuple):
    """The reliability diagram in numbers.

    Attributes:
        edges: Shape (bins + 1,), 0..1; a bin holds its lower edge, the last one both.
        counts: Images in each bin, shape (bins,).
        confidence: Mean confidence in each bin; NaN in an empty one.
        accuracy: Fraction of correct answers in each bin; NaN in an empty one.
    """

    edges: FloatArray
    counts: IntArray
    confidence: FloatArray
    accuracy: FloatArray


class ConfidenceHistograms(NamedTuple):
    """Counts of correct and of wrong answers by confidence, shape (bins,), over edges of shape (bins + 1,)."""

    edges: FloatArray
    correct: IntArray
    wrong: IntArray


def confidence_of(y_true: ArrayLike, probabilities: ArrayLike) -> Confidence:
    """Confidence and correctness of each answer, from class indices (n,) and probabilities (n, classes).

    Raises:
        ValueError: shapes do not fit, or the rows are no probabilities.
    """
    rows = _checks.probability_rows("probabilities", probabilities)
    true = _checks.labels("y_true", y_true, rows.shape[1])
    _checks.same_length(y_true=true, probabilities=rows)
    return Confidence(rows.max(axis=1), rows.argmax(axis=1) == true)


def reliability_bins(confidence: ArrayLike, correct: ArrayLike, bins: int = 15) -> ReliabilityBins:
    """Accuracy against mean confidence in bins of equal width.

    Args:
        confidence: Shape (n,), 0..1.
        correct: Booleans or 0 and 1, shape (n,).
        bins: 1 or more.

    Raises:
        ValueError: shapes differ, or a value is out of range.
    """
    given, hits, edges = _prepare(confidence, correct, bins)
    bins_of = np.minimum(np.searchsorted(edges, given, side="right") - 1, bins - 1)
    counts = np.bincount(bins_of, minlength=bins).astype(np.int64)
    # An empty bin has no accuracy: NaN keeps it out of the diagram.
    empty = np.where(counts > 0, counts, np.nan)
    return ReliabilityBins(
        edges,
        counts,
        np.bincount(bins_of, weights=given, minlength=bins) / empty,
        np.bincount(bins_of, weights=hits, minlength=bins) / empty,
    )


def expected_calibration_error(confidence: ArrayLike, correct: ArrayLike, bins: int = 15) -> float:
    """Mean over images of the gap between accuracy and confidence of its bin, 0..1; 0 is calibrated.

    Arguments and errors are those of ``reliability_bins``.
    """
    table = reliability_bins(confidence, correct, bins)
    gaps = np.abs(table.accuracy - table.confidence)
    return float(np.nansum(gaps * table.counts) / table.counts.sum())


def brier_score(y_true: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared error of the probabilities; 0 is best.

    Source: G. W. Brier, Monthly Weather Review 78 (1950).

    Args:
        y_true: True class indices, shape (n,); 0 and 1 in the second case below.
        probabilities: Shape (n, classes): the squares are summed over the classes, 0..2. Or the
            probability of the positive class alone, shape (n,): 0..1, half of the former.

    Raises:
        ValueError: shapes do not fit, or values are no probabilities.
    """
    if np.ndim(probabilities) == 1:
        positive = _checks.shares("probabilities", probabilities)
        is_positive = _checks.yes_no("y_true", y_true)
        _checks.same_length(y_true=is_positive, probabilities=positive)
        return float(np.mean((positive - is_positive) ** 2))
    rows = _checks.probability_rows("probabilities", probabilities)
    true = _checks.labels("y_true", y_true, rows.shape[1])
    _checks.same_length(y_true=true, probabilities=rows)
    own = rows[np.arange(len(true)), true]
    # The squares against the one-hot rows, multiplied out to save a second array of that size.
    return float(np.mean(np.sum(rows**2, axis=1) - 2 * own + 1))


def log_probabilities(probabilities: ArrayLike) -> FloatArray:
    """Logarithms for ``fit_temperature``, shape (n, classes), finite also where a probability is 0.

    Raises:
        ValueError: the rows are no probabilities.
    """
    return np.log(np.maximum(_checks.probability_rows("probabilities", probabilities), LOG_FLOOR))


def fit_temperature(logits_or_log_probs: ArrayLike, y_true: ArrayLike) -> float:
    """Temperature that makes the validation loss of softmax(logits / t) smallest.

    The loss is convex in 1/t, so Newton's steps kept inside a shrinking bracket find the one minimum.

    Args:
        logits_or_log_probs: Shape (n, classes), finite; softmax takes both to the same probabilities.
        y_true: True class indices, shape (n,).

    Returns:
        The temperature, within ``TEMPERATURE_RANGE``: above 1 the network was too sure. 1 when no
        temperature changes the loss.

    Raises:
        ValueError: shapes do not fit, or a logit is not finite.
    """
    rows = _checks.score_rows("logits_or_log_probs", logits_or_log_probs)
    true = _checks.labels("y_true", y_true, rows.shape[1])
    _checks.same_length(y_true=true, logits_or_log_probs=rows)
    # Softmax does not change if a row is shifted, and exp() of a large logit would overflow.
    shifted = rows - rows.max(axis=1, keepdims=True)
    own = float(shifted[np.arange(len(true)), true].mean())
    low, high = 1 / TEMPERATURE_RANGE[1], 1 / TEMPERATURE_RANGE[0]
    if _slope(shifted, own, 1.0)[0] == 0:
        return 1.0
    if _slope(shifted, own, low)[0] >= 0:
        return TEMPERATURE_RANGE[1]
    if _slope(shifted, own, high)[0] <= 0:
        return TEMPERATURE_RANGE[0]
    return 1 / _root(shifted, own, low, high)


def calibrated_losses(y_true: ArrayLike, probabilities: ArrayLike) -> tuple[FloatArray, float]:
    """Log-loss of each answer after the temperature that makes their mean smallest, and that temperature.

    What is left says how well the classes are told apart, however sure the network is (Guo and others 2017).

    Args:
        y_true: True class indices, shape (n,).
        probabilities: Shape (n, classes).

    Returns:
        Losses in nats, shape (n,), and the temperature within ``TEMPERATURE_RANGE``.

    Raises:
        ValueError: shapes do not fit.
    """
    true = np.asarray(y_true, np.int64)
    # One answer that is surely wrong must not decide a comparison by an infinite loss.
    logs = np.log(np.clip(np.asarray(probabilities, np.float64), _LEAST_PROBABILITY, 1.0))
    temperature = fit_temperature(logs, true)
    cooled = logs / temperature
    top = cooled.max(axis=1)
    losses: FloatArray = (
        np.log(np.exp(cooled - top[:, None]).sum(axis=1)) + top - cooled[np.arange(len(true)), true]
    )
    return losses, temperature


def apply_temperature(probabilities: ArrayLike, t: float) -> FloatArray:
    """Probabilities as softmax(logits / t) would have given them; the predicted class stays.

    Args:
        probabilities: softmax(logits), shape (n, classes).
        t: Above 0; 1 changes nothing, more is less sure.

    Raises:
        ValueError: the rows are no probabilities, or t is not above 0.
    """
    _checks.inside("t", t, 0.0, np.inf)
    rows = _checks.probability_rows("probabilities", probabilities)
    # Divided first, since at a low temperature all powers of a row could underflow to 0.
    powers: FloatArray = (rows / rows.max(axis=1, keepdims=True)) ** (1 / t)
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def confidence_histograms(confidence: ArrayLike, correct: ArrayLike, bins: int = 20) -> ConfidenceHistograms:
    """Count correct and wrong answers by confidence; arguments and errors as ``reliability_bins``."""
    given, hits, edges = _prepare(confidence, correct, bins)
    of_correct, of_wrong = np.histogram(given[hits], edges)[0], np.histogram(given[~hits], edges)[0]
    return ConfidenceHistograms(edges, of_correct.astype(np.int64), of_wrong.astype(np.int64))


def confidence_sentence(confidence: ArrayLike, correct: ArrayLike, above: float = 0.9) -> str:
    """Say how many of the wrong answers had a confidence above ``above`` (between 0 and 1).

    Raises:
        ValueError: shapes differ, or a value is out of range.
    """
    _checks.inside("above", above, 0.0, 1.0)
    given, hits, _ = _prepare(confidence, correct, 1)
    if hits.all() and len(hits) == 1:
        return "The only prediction was correct."
    if hits.all():
        return f"None of the {len(hits):,} predictions was wrong."
    share = float(np.mean(given[~hits] > above))
    return f"{100 * share:.0f}% of the wrong predictions had a confidence above {100 * above:g}%."


def _prepare(
    confidence: ArrayLike, correct: ArrayLike, bins: int
) -> tuple[FloatArray, BoolArray, FloatArray]:
    _checks.at_least("bins", bins, 1)
    given, hits = _checks.shares("confidence", confidence), _checks.yes_no("correct", correct)
    _checks.same_length(confidence=given, correct=hits)
    return given, hits, np.linspace(0.0, 1.0, bins + 1)


def _slope(shifted: FloatArray, own: float, beta: float) -> tuple[float, float]:
    """First and second derivative of the mean loss by beta = 1/t: mean and variance of the logits."""
    weights = np.exp(beta * shifted)
    weights /= weights.sum(axis=1, keepdims=True)
    means = np.sum(weights * shifted, axis=1)
    squares = np.sum(weights * shifted**2, axis=1)
    return float(means.mean()) - own, float(np.mean(squares - means**2))


def _root(shifted: FloatArray, own: float, low: float, high: float) -> float:
    beta = 1.0
    for _ in range(100):
        slope, curvature = _slope(shifted, own, beta)
        low, high = (low, beta) if slope > 0 else (beta, high)
        following = beta - slope / curvature if curvature > 0 else low
        # Newton's step may leave the bracket where the curve is flat; halving on the logarithm always gets closer.
        if not low < following < high:
            following = float(np.sqrt(low * high))
        if abs(following - beta) <= 1e-12 * beta:
            break
        beta = following
    return beta
