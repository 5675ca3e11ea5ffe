"""Intervals of scores that are no plain shares: F1 by the bootstrap, AUC by DeLong's variance, loss as a mean.

All take milliseconds at 10,000 images: nothing is drawn image by image.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _checks
from ._checks import FloatArray
from .intervals import Interval, normal_quantile

REPEATS = 1000


class F1Intervals(NamedTuple):
    """Intervals of the macro F1 and of the F1 of each class."""

    macro: Interval
    of_class: tuple[Interval, ...]


def f1_intervals(matrix: ArrayLike, *, seed: int, repeats: int = REPEATS, level: float = 0.95) -> F1Intervals:
    """Bootstrap intervals of F1 from the confusion matrix: drawing images with replacement draws its cells.

    Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.

    Args:
        matrix: (classes, classes) counts, rows true, at least one image.
        seed: fixes the draws.
        repeats: draws, 1 or more.
        level: between 0 and 1.

    Raises:
        ValueError: no square matrix with an image in it, or a number out of range.
    """
    counts = np.asarray(matrix, np.int64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.min() < 0 or not counts.sum():
        raise ValueError(f"matrix: expected counts of shape (classes, classes), received {counts.shape}.")
    _checks.at_least("repeats", repeats, 1)
    rows, columns = np.nonzero(counts)
    # Cells that are empty cannot be drawn: with 1,000 classes nearly all of a million are.
    cells = counts[rows, columns]
    total = int(cells.sum())
    # Drawing images with replacement is drawing cells of the matrix by their counts, which is much faster.
    drawn = np.random.default_rng(seed).multinomial(total, cells / total, size=repeats).astype(np.float64)
    right = rows == columns
    true_positives = _sums_by_class(drawn[:, right], rows[right], len(counts))
    denominator = _sums_by_class(drawn, rows, len(counts)) + _sums_by_class(drawn, columns, len(counts))
    f1 = np.divide(2 * true_positives, denominator, out=np.zeros_like(true_positives), where=denominator > 0)
    return F1Intervals(_ends(f1.mean(axis=1), level), tuple(_ends(column, level) for column in f1.T))


def _sums_by_class(drawn: FloatArray, labels: NDArray[np.int64], classes: int) -> FloatArray:
    """Sums of the columns of each class: (repeats, cells) and the class of each cell to (repeats, classes)."""
    order = np.argsort(labels, kind="stable")
    ranked = labels[order]
    starts = np.flatnonzero(np.diff(ranked, prepend=-1))
    sums = np.zeros((len(drawn), classes))
    sums[:, ranked[starts]] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return sums


def auc_interval(y_true: ArrayLike, scores: ArrayLike, level: float = 0.95) -> Interval | None:
    """Interval of the AUC: of one class with scores (n,), or the mean of each against the rest with (n, classes).

    Each image's share in the area gives its variance; the interval is made on the logit scale, so that it
    stays within 0..1. Sources: E. DeLong and others, Biometrics 44 (1988), the variance; M. Pepe, The Statistical
    Evaluation of Medical Tests (2003), section 5.2, the logit.

    Args:
        y_true: 0 or 1 for scores (n,), class indices for (n, classes).
        scores: higher for what is more probable.
        level: between 0 and 1.

    Returns:
        None where the area is undefined (a class without images, or nothing but one). An area of 0 or 1 has an
        interval without width: no image says how far it could move.

    Raises:
        ValueError: shapes do not fit.
    """
    values = _checks.numbers("scores", scores, np.ndim(scores))
    columns = values[:, None] if values.ndim == 1 else values
    true = _checks.labels("y_true", y_true, 2 if values.ndim == 1 else columns.shape[1])
    _checks.same_length(y_true=true, scores=columns)
    labels = [1] if values.ndim == 1 else list(range(columns.shape[1]))
    support = [int(np.count_nonzero(true == label)) for label in labels]
    if min(support) == 0 or max(support) == len(true):
        return None
    rows = np.ascontiguousarray(columns.T)
    parts = [_area_parts(true == label, row) for label, row in zip(labels, rows, strict=True)]
    area = float(np.mean([part.area for part in parts]))
    of_image = sum(part.of_image for part in parts) / len(parts)
    return _on_logit_scale(area, math.sqrt(float(np.sum(of_image**2))), level)


def auc_of_counts(
    scores: ArrayLike, positives: ArrayLike, negatives: ArrayLike, level: float = 0.95
) -> tuple[float, Interval] | None:
    """AUC and its interval where many images have the same score, from how many stand at each.

    Args:
        scores: (n,), finite; equal ones are counted together.
        positives, negatives: (n,), how many images of each side have the score.
        level: between 0 and 1.

    Returns:
        What `roc_auc` and `auc_interval` give for the images one by one; None where a side has none.

    Raises:
        ValueError: shapes do not fit, or a number out of range.
    """
    values, ones, zeros = (
        _checks.numbers(name, numbers, 1)
        for name, numbers in (("scores", scores), ("positives", positives), ("negatives", negatives))
    )
    _checks.same_length(scores=values, positives=ones)
    _checks.same_length(scores=values, negatives=zeros)
    total_ones, total_zeros = float(ones.sum()), float(zeros.sum())
    if not total_ones or not total_zeros:
        return None
    distinct, group = np.unique(values, return_inverse=True)
    ones, zeros = (np.bincount(group, part, len(distinct)).astype(np.float64) for part in (ones, zeros))
    above = (np.cumsum(zeros) - zeros / 2) / total_zeros
    below = 1 - (np.cumsum(ones) - ones / 2) / total_ones
    area = float(ones @ above / total_ones)
    variance = sum(
        float(counts @ (shares - area) ** 2) / (total * max(total - 1, 1))
        for counts, shares, total in ((ones, above, total_ones), (zeros, below, total_zeros))
    )
    return area, _on_logit_scale(area, math.sqrt(variance), level)


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Normal interval of the mean of one number an image, such as its loss, shape (n,).

    Raises:
        ValueError: another shape, or a number out of range.
    """
    array = _checks.numbers("values", values, 1)
    half = (
        normal_quantile(level) * float(array.std(ddof=1)) / math.sqrt(len(array)) if len(array) > 1 else 0.0
    )
    mean = float(array.mean())
    return Interval(mean - half, mean + half)


class _AreaParts(NamedTuple):
    """An area, and what each image adds to its error, (n,): their squares sum to the variance."""

    area: float
    of_image: FloatArray


def _area_parts(is_positive: NDArray[np.bool_], scores: FloatArray) -> _AreaParts:
    """DeLong's structural components: the share of the other side that an image stands above, ties one half."""
    own, others = scores[is_positive], scores[~is_positive]
    order = np.argsort(others)
    below, at_most = (np.searchsorted(others[order], own, side) for side in ("left", "right"))
    above = (below + at_most) / (2 * len(others))
    area = float(above.mean())
    of_image = np.empty(len(scores))
    of_image[is_positive] = (above - area) / math.sqrt(len(own) * max(len(own) - 1, 1))
    # A positive is above the sorted negatives up to its own position: counted down, that is how many are above each.
    ends = np.bincount(below, minlength=len(others) + 1) + np.bincount(at_most, minlength=len(others) + 1)
    above_it = np.empty(len(others))
    above_it[order] = (2 * len(own) - np.cumsum(ends)[:-1]) / (2 * len(own))
    of_image[~is_positive] = (above_it - area) / math.sqrt(len(others) * max(len(others) - 1, 1))
    return _AreaParts(area, of_image)


def _on_logit_scale(area: float, error: float, level: float) -> Interval:
    if not 0 < area < 1:
        return Interval(area, area)
    half = normal_quantile(level) * error / (area * (1 - area))
    middle = math.log(area / (1 - area))
    # exp() overflows above 709; 30 steps on the logit scale already reach almost 0 or 1.
    low, high = (1 / (1 + math.exp(-(middle + side))) for side in (-min(half, 30.0), min(half, 30.0)))
    return Interval(low, high)


def _ends(values: FloatArray, level: float) -> Interval:
    tail = (1 - _checks.inside("level", level, 0.0, 1.0)) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high))
