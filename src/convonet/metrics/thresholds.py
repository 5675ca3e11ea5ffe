"""Where two classes are told apart: an image is positive when p >= t.

``p`` is the probability of the positive class, shape (n,), 0..1; truth is 1 for that class, else 0.
A threshold lies in 0..1, so an image with p = 1 is positive at any threshold. Choose a threshold on
validation images and report what it does on test images.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from convonet.text import counted

from . import _checks
from ._checks import BoolArray, FloatArray, IntArray


class SensitivitySpecificity(NamedTuple):
    """Share of positives called positive, and of negatives called negative; None where there are none."""

    sensitivity: float | None
    specificity: float | None


def predict_with_threshold(p_positive: ArrayLike, t: float) -> IntArray:
    """1 where p >= t, else 0.

    Compared in the precision of ``p_positive``: a float32 0.7 reaches the threshold 0.7.

    Args:
        p_positive: Shape (n,), 0..1.
        t: 0..1.

    Raises:
        ValueError: another shape, or a value out of range.
    """
    if not 0 <= t <= 1:
        raise ValueError(f"t: expected a threshold from 0 to 1, received {t!r}.")
    _checks.shares("p_positive", p_positive)
    given = np.asarray(p_positive)
    # In the scores' own precision: 0.1 in 64 bits is above 0.1 in 32 bits, and the image at the threshold
    # would flip.
    own = given.dtype.type(t) if given.dtype.kind == "f" else t
    return (given >= own).astype(np.int64)


def sensitivity_specificity(y_true: ArrayLike, y_pred: ArrayLike) -> SensitivitySpecificity:
    """Sensitivity (recall of the positive class) and specificity; both arguments 0 or 1, shape (n,).

    Raises:
        ValueError: shapes differ, or values other than 0 and 1.
    """
    is_positive, answer = _checks.yes_no("y_true", y_true), _checks.yes_no("y_pred", y_pred)
    _checks.same_length(y_true=is_positive, y_pred=answer)
    return SensitivitySpecificity(_mean(answer[is_positive]), _mean(~answer[~is_positive]))


def threshold_for_recall(y_true: ArrayLike, p_positive: ArrayLike, min_recall: float) -> float:
    """The highest threshold at which the share of positives found is ``min_recall`` or more.

    Args:
        y_true: 0 or 1, shape (n,).
        p_positive: Shape (n,), 0..1.
        min_recall: Above 0, up to 1.

    Returns:
        The threshold, one of the values of ``p_positive``.

    Raises:
        ValueError: shapes differ, a value is out of range, or there is no positive.
    """
    if not 0 < min_recall <= 1:
        raise ValueError(f"min_recall: expected a number above 0 and at most 1, received {min_recall!r}.")
    is_positive, p = _pair(y_true, p_positive)
    found = np.sort(p[is_positive])[::-1]
    if found.size == 0:
        raise ValueError(
            f"y_true: expected at least one positive, received 0 of {counted(len(is_positive), 'value')}."
        )
    recalls = np.arange(1, len(found) + 1) / len(found)
    return float(found[np.searchsorted(recalls, min_recall)])


def threshold_for_costs(y_true: ArrayLike, p_positive: ArrayLike, cost_fp: float, cost_fn: float) -> float:
    """The threshold at which the mistakes cost least in all; of equals, the highest.

    Args:
        y_true: 0 or 1, shape (n,).
        p_positive: Shape (n,), 0..1.
        cost_fp: Cost of a negative called positive, 0 or more.
        cost_fn: Cost of a positive called negative, in the same unit, 0 or more; not both 0.

    Returns:
        One of the values of ``p_positive``, or 1.

    Raises:
        ValueError: shapes differ, a value is out of range, or the costs are negative or both 0.
    """
    costs = np.array([cost_fp, cost_fn], dtype=np.float64)
    if not np.isfinite(costs).all() or costs.min() < 0 or costs.max() == 0:
        raise ValueError(
            "cost_fp, cost_fn: expected finite costs of 0 or more, not both 0, "
            f"received {cost_fp!r} and {cost_fn!r}."
        )
    is_positive, p = _pair(y_true, p_positive)
    # Between two scores the costs do not change; 1 stands for calling nothing positive.
    candidates = np.unique(np.append(p, 1.0))
    missed = np.searchsorted(np.sort(p[is_positive]), candidates)
    negatives = np.sort(p[~is_positive])
    false_alarms = len(negatives) - np.searchsorted(negatives, candidates)
    total = cost_fp * false_alarms + cost_fn * missed
    return float(candidates[np.flatnonzero(total == total.min())[-1]])


def _pair(y_true: ArrayLike, p_positive: ArrayLike) -> tuple[BoolArray, FloatArray]:
    is_positive, p = _checks.yes_no("y_true", y_true), _checks.shares("p_positive", p_positive)
    _checks.same_length(y_true=is_positive, p_positive=p)
    return is_positive, p


def _mean(values: BoolArray) -> float | None:
    return float(values.mean()) if values.size else None
