"""How far the scores and the confidences of an evaluation can be trusted: intervals and calibration."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet import metrics
from convonet.documents.curves import ConfidenceHistogram, ReliabilityDiagram
from convonet.metrics import ClassScores, ConfidenceHistograms, Interval, ReliabilityBins
from convonet.metrics.scores import LOG_EPSILON

SEED = 0
"""Of the bootstrap: the same answers always have the same intervals."""


class Intervals(NamedTuple):
    """95% intervals: Wilson's of shares, the bootstrap's of F1, DeLong's of the AUC, the normal one of the loss.

    Attributes:
        precision, recall, f1: one a class; None where the class was never predicted, or has no image.
    """

    loss: Interval
    macro_f1: Interval
    auc: Interval | None
    top_k_accuracy: Interval | None
    precision: tuple[Interval | None, ...]
    recall: tuple[Interval | None, ...]
    f1: tuple[Interval, ...]


class Calibration(NamedTuple):
    """Whether a confidence means what it says.

    Attributes:
        ece: expected calibration error, 0..1, over the bins of `bins`.
        brier: Brier score, summed over the classes, 0..2.
        bins: the reliability diagram in numbers.
        histograms: correct and wrong predictions by confidence.
        sentence: how many wrong answers were sure.
    """

    ece: float
    brier: float
    bins: ReliabilityBins
    histograms: ConfidenceHistograms
    sentence: str

    def diagram(self) -> ReliabilityDiagram:
        """The bins as JSON has them; None in an empty bin."""
        return ReliabilityDiagram(
            edges=self.bins.edges.tolist(),
            counts=self.bins.counts.tolist(),
            confidence=_with_none(self.bins.confidence),
            accuracy=_with_none(self.bins.accuracy),
        )

    def histogram(self) -> ConfidenceHistogram:
        """The histograms as JSON has them."""
        edges, right, wrong = self.histograms
        return ConfidenceHistogram(edges=edges.tolist(), right=right.tolist(), wrong=wrong.tolist())


def intervals_of(
    y_true: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    matrix: NDArray[np.int64],
    scores: ClassScores,
    *,
    positive: int | None,
    top_k_accuracy: float | None,
) -> Intervals:
    """The interval of every score that has one; arguments as `evaluation.score` makes them."""
    n = len(y_true)
    correct, predicted = np.diag(matrix).tolist(), matrix.sum(axis=0).tolist()
    f1 = metrics.f1_intervals(matrix, seed=SEED)
    # The loss of each image, clipped as the loss itself is: else the interval would be about another
    # number.
    own = probabilities[np.arange(n), y_true].astype(np.float64)
    if positive is None:
        auc = metrics.auc_interval(y_true, probabilities)
    else:
        auc = metrics.auc_interval(y_true == positive, probabilities[:, positive])
    return Intervals(
        loss=metrics.mean_interval(-np.log(np.clip(own, LOG_EPSILON, 1 - LOG_EPSILON))),
        macro_f1=f1.macro,
        auc=auc,
        top_k_accuracy=None if top_k_accuracy is None else metrics.wilson(round(top_k_accuracy * n), n),
        precision=_wilsons(correct, predicted),
        recall=_wilsons(correct, scores.support.tolist()),
        f1=f1.of_class,
    )


def calibration_of(
    y_true: NDArray[np.int64], probabilities: NDArray[np.float64], y_pred: NDArray[np.int64]
) -> Calibration:
    """Calibration of probabilities, shape (n, classes).

    Error and diagram are about the likeliest class, as they are defined; histograms and sentence about the
    answers, which a threshold may make others.
    """
    sure = metrics.confidence_of(y_true, probabilities)
    # Not the largest probability: with a threshold the answer may be the less likely class.
    answered, correct = probabilities[np.arange(len(y_pred)), y_pred], y_pred == y_true
    return Calibration(
        metrics.expected_calibration_error(*sure),
        metrics.brier_score(y_true, probabilities),
        metrics.reliability_bins(*sure),
        metrics.confidence_histograms(answered, correct),
        metrics.confidence_sentence(answered, correct),
    )


def _wilsons(correct: list[int], of: list[int]) -> tuple[Interval | None, ...]:
    # A fraction of nothing has no interval, not one from 0 to 1.
    return tuple(metrics.wilson(r, n) if n else None for r, n in zip(correct, of, strict=True))


def _with_none(values: NDArray[np.float64]) -> tuple[float | None, ...]:
    # JSON has no NaN; what many programs write instead, others refuse to read.
    return tuple(None if math.isnan(value) else value for value in values.tolist())
