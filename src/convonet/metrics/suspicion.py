"""Which labels are probably wrong, from what models said that were trained without the image.

Source: C. Northcutt, L. Jiang, I. Chuang, Confident Learning, Journal of Artificial Intelligence Research 70 (2021):
a label is probably wrong where another class reaches the mean confidence of its own images and is the likeliest of
those that do; labels are ranked by the margin.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _checks
from ._checks import FloatArray, IntArray


class Suspicion(NamedTuple):
    """What speaks against each label, (n,) each.

    Attributes:
        margin: probability of the label less that of the likeliest other class, -1..1; low is suspicious.
        suggested: the likeliest other class.
        likely: whether the label is probably wrong.
    """

    margin: FloatArray
    suggested: IntArray
    likely: NDArray[np.bool_]

    def worst_first(self) -> IntArray:
        """Rows, the most suspicious first; of equal ones the earlier first."""
        return np.argsort(self.margin, kind="stable")


def suspicion(labels: ArrayLike, probabilities: ArrayLike) -> Suspicion:
    """What out-of-fold probabilities say of labels.

    Args:
        labels: class indices, shape (n,).
        probabilities: of models that were not trained with the image, shape (n, classes), two classes or more.

    Raises:
        ValueError: shapes do not fit, or an index is outside the classes.
    """
    rows = _checks.score_rows("probabilities", probabilities)
    given = _checks.labels("labels", labels, rows.shape[1])
    _checks.same_length(labels=given, probabilities=rows)
    indices = np.arange(len(given))
    own = rows[indices, given]
    others = rows.copy()
    others[indices, given] = -np.inf
    suggested = others.argmax(axis=1)
    counts = np.bincount(given, minlength=rows.shape[1])
    sums = np.bincount(given, own, minlength=rows.shape[1])
    # A class without images has no confidence that another image could reach.
    usual = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    confident = np.where(rows >= usual, rows, -np.inf)
    likely = (confident.max(axis=1) > -np.inf) & (confident.argmax(axis=1) != given)
    return Suspicion(own - others[indices, suggested], suggested.astype(np.int64), likely)
