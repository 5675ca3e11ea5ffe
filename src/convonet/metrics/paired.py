"""Whether two settings that were trained on the same folds differ by more than noise."""

import math

import numpy as np
from numpy.typing import ArrayLike

from . import _checks

# Two-sided 5% points of Student's t for 1 to 10 degrees of freedom.
_T_975 = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281)
_Z_975 = 1.959964


def t_point(freedom: int) -> float:
    """The value that Student's |t| exceeds in 5% of cases, to four digits.

    Args:
        freedom: degrees of freedom, 1 or more.
    """
    _checks.at_least("freedom", freedom, 1)
    if freedom <= len(_T_975):
        return _T_975[freedom - 1]
    z = _Z_975
    # Cornish and Fisher's expansion about the normal point.
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / freedom + second / freedom**2


def is_tied(first: ArrayLike, second: ArrayLike, held_share: float) -> bool | None:
    """Whether the mean difference of paired scores is within the noise of the folds, at 5%.

    The corrected resampled t-test: trainings on folds share images, so that the plain paired test would find
    differences too often. Source: C. Nadeau, Y. Bengio, Inference for the Generalization Error, Machine
    Learning 52 (2003).

    Args:
        first, second: scores of the same folds, shape (n,).
        held_share: held-out images over images trained with, > 0.

    Returns:
        None where a single pair tells nothing of the noise.

    Raises:
        ValueError: lengths differ.
    """
    a, b = _checks.numbers("first", first, 1), _checks.numbers("second", second, 1)
    _checks.same_length(first=a, second=b)
    if len(a) < 2:
        return None
    difference = a - b
    # The plain test has 1 / n alone; the second term is for the images that the trainings share.
    error = math.sqrt((1 / len(a) + held_share) * float(np.var(difference, ddof=1)))
    return bool(abs(float(difference.mean())) <= t_point(len(a) - 1) * error)
