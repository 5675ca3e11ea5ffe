"""How well scores put positives before negatives: ROC, precision-recall, and the areas below.

A curve that is undefined raises; an area that is undefined is None. Truth is 0 or 1 (1 is the positive
class), a score is any finite number that is higher for what is more probably positive.
Source: T. Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 27 (2006).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import _checks
from ._checks import FloatArray, IntArray


class RocCurve(NamedTuple):
    """Points of the ROC curve from (0, 0) to (1, 1), one for each distinct score and the first.

    Attributes:
        fpr: False positive rate, ascending.
        tpr: True positive rate (recall), ascending.
        thresholds: Scores at or above which an image counts as positive; the first is infinity.
    """

    fpr: FloatArray
    tpr: FloatArray
    thresholds: FloatArray


class PrecisionRecallCurve(NamedTuple):
    """Points of the precision-recall curve, one for each distinct score, and (1, 0) as the last.

    Attributes:
        precision: Shape (m + 1,).
        recall: Shape (m + 1,), descending.
        thresholds: Shape (m,), ascending; the last point has none.
    """

    precision: FloatArray
    recall: FloatArray
    thresholds: FloatArray


class _Counts(NamedTuple):
    thresholds: FloatArray
    positives: IntArray
    negatives: IntArray


def roc_curve(y_true: ArrayLike, scores: ArrayLike) -> RocCurve:
    """True against false positive rate at every distinct score.

    Args:
        y_true: 0 or 1, shape (n,).
        scores: Shape (n,).

    Raises:
        ValueError: shapes do not fit, or one of the two classes has no image.
    """
    counts = _count(y_true, scores)
    tp, fp = np.cumsum(counts.positives), np.cumsum(counts.negatives)
    if tp[-1] == 0 or fp[-1] == 0:
        raise ValueError(f"y_true: expected both classes, received {tp[-1]} positive and {fp[-1]} negative.")
    return RocCurve(
        np.concatenate([[0.0], fp / fp[-1]]),
        np.concatenate([[0.0], tp / tp[-1]]),
        np.concatenate([[np.inf], counts.thresholds]),
    )


def roc_auc(y_true: ArrayLike, scores: ArrayLike) -> float | None:
    """Probability that a positive scores above a negative, a tie counting one half.

    Counted in whole numbers (twice Mann and Whitney's U), so ties and order of rows cost no digit.

    Args:
        y_true: 0 or 1, shape (n,).
        scores: Shape (n,).

    Returns:
        0..1, 0.5 for chance; None when one of the two classes has no image.

    Raises:
        ValueError: shapes do not fit, or a score is not finite.
    """
    positive = _checks.yes_no("y_true", y_true)
    values = _checks.numbers("scores", scores, 1)
    _checks.same_length(y_true=positive, scores=values)
    if not positive.any() or positive.all():
        return None
    own, others = values[positive], np.sort(values[~positive])
    below, at_most = (np.searchsorted(others, own, side) for side in ("left", "right"))
    return int(np.sum(below + at_most)) / (2 * len(own) * len(others))


def roc_auc_ovr(y_true: ArrayLike, probabilities: ArrayLike) -> float | None:
    """Mean over classes of the AUC of that class against the rest.

    Args:
        y_true: True class indices, shape (n,).
        probabilities: Shape (n, classes).

    Returns:
        0..1, or None when a class has no image (or all of them).

    Raises:
        ValueError: shapes do not fit, or an index is outside the classes.
    """
    rows = _checks.score_rows("probabilities", probabilities)
    true = _checks.labels("y_true", y_true, rows.shape[1])
    _checks.same_length(y_true=true, probabilities=rows)
    areas: list[float] = []
    for index in range(rows.shape[1]):
        area = roc_auc(true == index, rows[:, index])
        # A mean over the other classes would be compared with means over all of them.
        if area is None:
            return None
        areas.append(area)
    return float(np.mean(areas))


def precision_recall_curve(y_true: ArrayLike, scores: ArrayLike) -> PrecisionRecallCurve:
    """Precision against recall at every distinct score.

    Args:
        y_true: 0 or 1, shape (n,).
        scores: Shape (n,).

    Raises:
        ValueError: shapes do not fit, or there is no positive.
    """
    counts = _count(y_true, scores)
    tp, fp = np.cumsum(counts.positives), np.cumsum(counts.negatives)
    if tp[-1] == 0:
        raise ValueError(
            f"y_true: expected at least one positive, received {fp[-1]} negative and no positive."
        )
    return PrecisionRecallCurve(
        np.concatenate([(tp / (tp + fp))[::-1], [1.0]]),
        np.concatenate([(tp / tp[-1])[::-1], [0.0]]),
        counts.thresholds[::-1],
    )


def average_precision(y_true: ArrayLike, scores: ArrayLike) -> float | None:
    """Area below the precision-recall curve as a sum of steps (no interpolation, which is optimistic).

    Args:
        y_true: 0 or 1, shape (n,).
        scores: Shape (n,).

    Returns:
        0..1, where the share of positives is chance; None when there is no positive.

    Raises:
        ValueError: shapes do not fit, or a score is not finite.
    """
    if not _checks.yes_no("y_true", y_true).any():
        return None
    curve = precision_recall_curve(y_true, scores)
    return float(-np.sum(np.diff(curve.recall) * curve.precision[:-1]))


def _count(y_true: ArrayLike, scores: ArrayLike) -> _Counts:
    """Positives and negatives at each distinct score, highest score first."""
    positive = _checks.yes_no("y_true", y_true)
    values = _checks.numbers("scores", scores, 1)
    _checks.same_length(y_true=positive, scores=values)
    distinct, group = np.unique(values, return_inverse=True)
    positives = np.bincount(group[positive], minlength=len(distinct))[::-1]
    negatives = np.bincount(group[~positive], minlength=len(distinct))[::-1]
    return _Counts(distinct[::-1], positives.astype(np.int64), negatives.astype(np.int64))
