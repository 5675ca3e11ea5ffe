"""How far chance alone moves a score: intervals, and two models compared on the same images."""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from convonet.text import counted

from . import _checks
from ._checks import FloatArray, IntArray

# Indices drawn at a time: 8 MB, whatever the number of images or repeats.
BLOCK_INDICES = 1_000_000


class Interval(NamedTuple):
    """The lower and the upper end of a confidence interval."""

    low: float
    high: float


class McNemar(NamedTuple):
    """Two models' right and wrong answers on the same images.

    Attributes:
        both_right: Images that both have right.
        only_a: Images that only the first has right.
        only_b: Images that only the second has right.
        both_wrong: Images that both have wrong.
        p_value: Exact binomial, two-sided: the one to report.
        statistic: Chi-square with continuity correction, one degree of freedom.
        p_chi2: Its p-value, good from about 25 images on which the two differ.
    """

    both_right: int
    only_a: int
    only_b: int
    both_wrong: int
    p_value: float
    statistic: float
    p_chi2: float


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's score interval of a share such as an accuracy.

    It stays inside 0..1 and keeps its level near 0 and 1, where the textbook interval has no width.
    Source: E. B. Wilson, JASA 22 (1927).

    Args:
        successes: Right answers, 0..n.
        n: Answers, 1 or more.
        level: Confidence, between 0 and 1.

    Raises:
        ValueError: a count or the level out of range.
    """
    _checks.at_least("n", n, 1)
    if not 0 <= successes <= n:
        raise ValueError(f"successes: expected 0 to n = {n}, received {successes!r}.")
    z = normal_quantile(level)
    share, weight = successes / n, z * z / n
    centre = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / n + weight / (4 * n))
    # The ends are 0 and 1 exactly there; rounding would leave 1e-17.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high)


def difference(successes_a: int, n_a: int, successes_b: int, n_b: int, level: float = 0.95) -> Interval:
    """Interval of share a minus share b, of two separate samples.

    Source: R. G. Newcombe, Statistics in Medicine 17 (1998), method 10 (from the two Wilson intervals).

    Raises:
        ValueError: a count or the level out of range.
    """
    a, b = wilson(successes_a, n_a, level), wilson(successes_b, n_b, level)
    share_a, share_b = successes_a / n_a, successes_b / n_b
    below = math.hypot(share_a - a.low, b.high - share_b)
    above = math.hypot(a.high - share_a, share_b - b.low)
    return Interval(share_a - share_b - below, share_a - share_b + above)


def drop_sentence(
    correct_val: int, n_val: int, correct_test: int, n_test: int, level: float = 0.95
) -> str | None:
    """Say that test accuracy falls below validation accuracy beyond noise; None when it does not.

    The arguments are correct answers and images of each set, and the confidence.

    Raises:
        ValueError: a count or the level out of range.
    """
    drop = difference(correct_val, n_val, correct_test, n_test, level)
    if drop.low <= 0:
        return None
    return (
        f"Test accuracy ({100 * correct_test / n_test:.1f}%) is below validation accuracy "
        f"({100 * correct_val / n_val:.1f}%) by more than chance would explain: the "
        f"difference is {100 * drop.low:.1f} to {100 * drop.high:.1f} percentage points ({100 * level:g}% CI)."
    )


def bootstrap(
    statistic: Callable[[IntArray], FloatArray | float | None],
    n: int,
    *,
    seed: int,
    repeats: int = 2000,
    level: float = 0.95,
    vectorized: bool = False,
) -> Interval:
    """Percentile interval of any statistic of n images, by drawing images with replacement.

    Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.

    Args:
        statistic: Takes row indices, shape (n,), and returns a number; None or NaN where a draw leaves it
            undefined (such a draw is left out). With ``vectorized`` it takes many draws at once, shape
            (draws, n), and returns shape (draws,): ``lambda rows: correct[rows].mean(axis=1)``.
        n: Images, 1 or more.
        seed: Fixes the draws, which do not depend on ``vectorized``.
        repeats: Draws, 1 or more.
        level: Confidence, between 0 and 1.
        vectorized: How ``statistic`` is called.

    Raises:
        ValueError: an argument out of range, a statistic of the wrong shape, or one that is never defined.
    """
    _checks.at_least("n", n, 1)
    _checks.at_least("repeats", repeats, 1)
    tail = (1 - _checks.inside("level", level, 0.0, 1.0)) / 2
    rng = np.random.default_rng(seed)
    # Many draws at once where the set is small, few where it is large: the indices must fit into memory.
    block = max(1, BLOCK_INDICES // n)
    values = np.empty(repeats)
    for start in range(0, repeats, block):
        draws = rng.integers(0, n, size=(min(block, repeats - start), n))
        values[start : start + len(draws)] = _evaluate(statistic, draws, vectorized)
    # A draw may miss a class altogether, and then there is no area under its curve.
    defined = values[~np.isnan(values)]
    if defined.size == 0:
        raise ValueError(f"statistic: expected a number in at least one draw, received none in {repeats}.")
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Interval(float(low), float(high))


def mcnemar(correct_a: ArrayLike, correct_b: ArrayLike) -> McNemar:
    """Test whether two models differ on the same images; only images on which they differ tell.

    Source: Q. McNemar, Psychometrika 12 (1947); correction: A. L. Edwards, Psychometrika 13 (1948).

    Args:
        correct_a: Whether the first model is correct, booleans or 0 and 1, shape (n,).
        correct_b: The same of the second, same images in the same order.

    Raises:
        ValueError: shapes differ, or values other than 0 and 1.
    """
    a, b = _checks.yes_no("correct_a", correct_a), _checks.yes_no("correct_b", correct_b)
    _checks.same_length(correct_a=a, correct_b=b)
    only_a, only_b = int(np.count_nonzero(a & ~b)), int(np.count_nonzero(b & ~a))
    differ = only_a + only_b
    statistic = max(abs(only_a - only_b) - 1, 0) ** 2 / differ if differ else 0.0
    return McNemar(
        both_right=int(np.count_nonzero(a & b)),
        only_a=only_a,
        only_b=only_b,
        both_wrong=int(np.count_nonzero(~a & ~b)),
        p_value=min(1.0, 2 * _fair_coin_tail(min(only_a, only_b), differ)),
        statistic=statistic,
        p_chi2=math.erfc(math.sqrt(statistic / 2)),
    )


def mcnemar_sentence(result: McNemar, name_a: str = "A", name_b: str = "B", alpha: float = 0.05) -> str:
    """Say in plain words which model is better, or that the difference may be due to chance.

    Args:
        result: From ``mcnemar``.
        name_a: The first model.
        name_b: The second.
        alpha: A p-value below it counts as a difference, between 0 and 1.
    """
    _checks.inside("alpha", alpha, 0.0, 1.0)
    images = result.both_right + result.only_a + result.only_b + result.both_wrong
    only_a, only_b = result.only_a, result.only_b
    verb = "is" if only_a == 1 else "are"
    counts = (
        f"Of {counted(images, 'image')}, {only_a:,} {verb} predicted correctly only by {name_a} "
        f"and {only_b:,} only by {name_b}"
    )
    if only_a + only_b == 0:
        return f"{name_a} and {name_b} predict the same {result.both_right:,} of {counted(images, 'image')} correctly."
    p = "p < 0.001" if result.p_value < 0.001 else f"p = {result.p_value:.3f}"
    if result.p_value >= alpha:
        return f"{counts}: the difference may be due to chance ({p})."
    better = name_a if only_a > only_b else name_b
    return f"{counts}: {better} is better by more than chance would explain ({p})."


def normal_quantile(level: float) -> float:
    """How many deviations on either side hold a share `level` of a normal distribution."""
    return NormalDist().inv_cdf((1 + _checks.inside("level", level, 0.0, 1.0)) / 2)


def _fair_coin_tail(k: int, n: int) -> float:
    """P(X <= k) of n tosses; in logarithms, as the binomials overflow from 1030 tosses on."""
    total = math.lgamma(n + 1) - n * math.log(2)
    return math.fsum(math.exp(total - math.lgamma(i + 1) - math.lgamma(n - i + 1)) for i in range(k + 1))


def _evaluate(
    statistic: Callable[[IntArray], FloatArray | float | None], draws: IntArray, vectorized: bool
) -> FloatArray:
    if vectorized:
        values = np.asarray(statistic(draws), dtype=np.float64)
    else:
        values = np.array([statistic(rows) for rows in draws], dtype=np.float64)
    if values.shape != (len(draws),):
        wanted = (len(draws),) if vectorized else "one number per draw"
        raise ValueError(f"statistic: expected {wanted}, received shape {values.shape}.")
    return values
