"""How much each varied parameter of a search matters."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _checks
from ._checks import FloatArray, IntArray

_MOST_GROUPS = 6
_BINS = 4


def main_effects(columns: Mapping[str, Sequence[Any]], scores: ArrayLike) -> dict[str, float]:
    """The share of the scores' variance that each parameter explains alone, the largest first.

    Epsilon squared of a one-way analysis of variance (Kelley 1935), which unlike eta squared does not grow with
    the number of values; below zero it is zero. Numbers with many values are cut into four groups of equal
    size. What several parameters do only together is in none of the shares.

    Args:
        columns: name → a value for each of n settings; None where a setting does not have it.
        scores: shape (n,).

    Returns:
        Name → 0..1; all zero where scores do not differ.

    Raises:
        ValueError: lengths differ.
    """
    values = _checks.numbers("scores", scores, 1)
    shares = {}
    for name, column in columns.items():
        groups = _groups(column)
        _checks.same_length(scores=values, groups=groups)
        shares[name] = _explained(groups, values)
    # Where chance explains as much, the plain share decides.
    order = sorted(shares, key=shares.__getitem__, reverse=True)
    return {name: shares[name][0] for name in order}


def _groups(column: Sequence[Any]) -> IntArray:
    """A group for each setting."""
    # By text: values may be lists, names or None, which have no order in common.
    keys = [repr(value) for value in column]
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in column)
    if numeric and len(set(keys)) > _MOST_GROUPS:
        numbers = np.asarray(column, np.float64)
        edges = np.quantile(numbers, np.linspace(0, 1, _BINS + 1)[1:-1])
        return np.searchsorted(edges, numbers, side="right").astype(np.int64)
    return np.unique(np.array(keys), return_inverse=True)[1].astype(np.int64)


def _explained(groups: IntArray, scores: FloatArray) -> tuple[float, float]:
    """Epsilon squared and eta squared."""
    counts = np.bincount(groups)
    present = counts > 0
    kinds, count = int(present.sum()), len(scores)
    total = float(((scores - scores.mean()) ** 2).sum())
    # One value per group leaves nothing to estimate the noise from.
    if kinds < 2 or count <= kinds or total <= 0:
        return 0.0, 0.0
    means = np.bincount(groups, scores)[present] / counts[present]
    between = float((counts[present] * (means - scores.mean()) ** 2).sum())
    within = (total - between) / (count - kinds)
    return min(max((between - (kinds - 1) * within) / total, 0.0), 1.0), between / total
