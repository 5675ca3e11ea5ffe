"""Scores of a classifier's answers: counts, shares of right answers, and the loss.

A number that has no meaning for its input is None, never NaN. Shares are 0..1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import _checks
from ._checks import FloatArray, IntArray

# Keras' epsilon, so that the loss of an evaluation is the loss that training showed.
LOG_EPSILON = 1e-7


class Means(NamedTuple):
    """Means over classes of precision, recall and F1, each 0..1."""

    precision: float
    recall: float
    f1: float


class ClassScores(NamedTuple):
    """Scores of each class, arrays of shape (classes,), and their means.

    Attributes:
        precision: Of the images that were given this class, the share that belong to it.
        recall: Of the images of this class, the share that were given it.
        f1: Harmonic mean of both.
        support: Images of this class.
        macro: Means in which every class counts the same, a class without images too.
        weighted: Means in which a class counts by its support.
    """

    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    support: IntArray
    macro: Means
    weighted: Means


def confusion_matrix(y_true: ArrayLike, y_pred: ArrayLike, num_classes: int) -> IntArray:
    """Count the images of each true class (row) that were given each class (column).

    Args:
        y_true: True class indices, shape (n,).
        y_pred: Predicted class indices, shape (n,).
        num_classes: Classes, 1 or more; absent ones get a row and a column of zeros.

    Returns:
        Counts, shape (num_classes, num_classes).

    Raises:
        ValueError: lengths differ, or an index is outside 0..num_classes-1.
    """
    _checks.at_least("num_classes", num_classes, 1)
    true = _checks.labels("y_true", y_true, num_classes)
    predicted = _checks.labels("y_pred", y_pred, num_classes)
    _checks.same_length(y_true=true, y_pred=predicted)
    # One number for each pair of classes: counting is a single pass for any number of classes.
    cells = np.bincount(true * num_classes + predicted, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes).astype(np.int64)


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Share of right answers; both arguments are class indices, shape (n,).

    Raises:
        ValueError: lengths differ, or there is no image.
    """
    true = _checks.labels("y_true", y_true)
    predicted = _checks.labels("y_pred", y_pred)
    _checks.same_length(y_true=true, y_pred=predicted)
    return float(np.mean(true == predicted))


def baseline_accuracy(y_true: ArrayLike) -> float:
    """Accuracy of always answering the commonest true class.

    Raises:
        ValueError: there is no image.
    """
    true = _checks.labels("y_true", y_true)
    return float(np.unique(true, return_counts=True)[1].max() / len(true))


def precision_recall_f1(matrix: ArrayLike) -> ClassScores:
    """Precision, recall and F1 of each class, with macro and weighted means.

    A share of nothing is 0, as with scikit-learn's ``zero_division=0``: the precision of a class that was
    never predicted, the recall of a class without images.

    Args:
        matrix: Confusion matrix of counts, rows true, shape (classes, classes).

    Raises:
        ValueError: the matrix is not square, has a negative count, or counts no image.
    """
    counts = _checks.numbers("matrix", matrix, 2)
    if counts.shape[0] != counts.shape[1] or counts.min() < 0 or counts.sum() == 0:
        raise ValueError(
            "matrix: expected a square matrix of counts of at least one image, "
            f"received shape {counts.shape}, smallest {counts.min():g}, sum {counts.sum():g}."
        )
    true_positives, support, predicted = np.diagonal(counts), counts.sum(axis=1), counts.sum(axis=0)
    precision, recall = _share(true_positives, predicted), _share(true_positives, support)
    # 2TP / (2TP + FP + FN) is the harmonic mean without its 0/0 where only one of the two is zero.
    f1 = _share(2 * true_positives, predicted + support)
    table = np.stack([precision, recall, f1])
    macro = Means(*table.mean(axis=1).tolist())
    weighted = Means(*(table @ support / support.sum()).tolist())
    return ClassScores(precision, recall, f1, support.astype(np.int64), macro, weighted)


def top_k_accuracy(y_true: ArrayLike, probabilities: ArrayLike, k: int) -> float | None:
    """Share of images whose true class is among the k most probable.

    Of equally probable classes the lower index ranks first, as in ``argmax``; so k = 1 is the accuracy.

    Args:
        y_true: True class indices, shape (n,).
        probabilities: Shape (n, classes); any finite scores will do.
        k: 1 or more.

    Returns:
        The share, or None when k is the number of classes or more, where every answer is right.

    Raises:
        ValueError: shapes do not fit, k < 1, or an index outside the classes.
    """
    _checks.at_least("k", k, 1)
    scores = _checks.score_rows("probabilities", probabilities)
    true = _checks.labels("y_true", y_true, scores.shape[1])
    _checks.same_length(y_true=true, probabilities=scores)
    # A perfect score that nobody earned would mislead.
    if k >= scores.shape[1]:
        return None
    own = scores[np.arange(len(true)), true][:, None]
    # Ties count by index: sorting each row would take longer and say the same.
    earlier = np.arange(scores.shape[1]) < true[:, None]
    ahead = np.count_nonzero((scores > own) | ((scores == own) & earlier), axis=1)
    return float(np.mean(ahead < k))


def log_loss(y_true: ArrayLike, probabilities: ArrayLike, eps: float = LOG_EPSILON) -> float:
    """Mean cross entropy in nats: the mean of -log of the probability of the true class.

    Args:
        y_true: True class indices, shape (n,).
        probabilities: Shape (n, classes), rows summing to one.
        eps: Probabilities are clipped to eps..1-eps, so one sure mistake costs -log(eps), not infinity.

    Raises:
        ValueError: shapes do not fit, or the rows are no probabilities.
    """
    _checks.inside("eps", eps, 0.0, 0.5)
    rows = _checks.probability_rows("probabilities", probabilities)
    true = _checks.labels("y_true", y_true, rows.shape[1])
    _checks.same_length(y_true=true, probabilities=rows)
    # At both ends, as Keras clips: else a sure and correct answer would have another loss here.
    own = np.clip(rows[np.arange(len(true)), true], eps, 1 - eps)
    return float(-np.log(own).mean())


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
