"""The difference of two accuracies on the same images, with its interval."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import _checks
from .intervals import Interval, wilson


class PairedDifference(NamedTuple):
    """Accuracy of the first model minus that of the second, on the same images.

    Attributes:
        value: -1..1.
        interval: its 95% confidence interval.
        only_a, only_b: images that only the first, only the second model classifies correctly.
    """

    value: float
    interval: Interval
    only_a: int
    only_b: int


def paired_difference(correct_a: ArrayLike, correct_b: ArrayLike) -> PairedDifference:
    """The difference of two shares that were counted on the same images.

    Two models err on much the same images, which makes their difference more certain than two separate intervals
    suggest. Source: R. G. Newcombe, Statistics in Medicine 17 (1998), 2635 to 2650, method 10 (two Wilson intervals,
    joined by the correlation of the answers).

    Args:
        correct_a, correct_b: for each image whether the answer is correct, shape (n,), n ≥ 1.

    Raises:
        ValueError: lengths differ, or there is no image.
    """
    a, b = np.asarray(correct_a, bool), np.asarray(correct_b, bool)
    _checks.same_length(correct_a=a, correct_b=b)
    _checks.at_least("images", len(a), 1)
    n = len(a)
    both, only_a, only_b = (int(np.count_nonzero(each)) for each in (a & b, a & ~b, ~a & b))
    share_a, share_b = (both + only_a) / n, (both + only_b) / n
    ends_a, ends_b = wilson(both + only_a, n), wilson(both + only_b, n)
    correlation = _correlation(both, only_a, only_b, n - both - only_a - only_b)
    value = share_a - share_b
    low = _distance(share_a - ends_a.low, ends_b.high - share_b, correlation)
    high = _distance(ends_a.high - share_a, share_b - ends_b.low, correlation)
    return PairedDifference(value, Interval(value - low, value + high), only_a, only_b)


def _correlation(both: int, only_a: int, only_b: int, neither: int) -> float:
    """The correlation of the answers, made smaller by a continuity correction where it is positive."""
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    # A margin of 0 leaves the correlation undefined; Newcombe takes 0.
    if not margins:
        return 0.0
    cross = float(both * neither - only_a * only_b)
    if cross > 0:
        cross = max(cross - (both + only_a + only_b + neither) / 2, 0.0)
    return cross / math.sqrt(margins)


def _distance(one: float, other: float, correlation: float) -> float:
    # Rounding may leave a number just below 0 under the root.
    return math.sqrt(max(one * one - 2 * correlation * one * other + other * other, 0.0))
