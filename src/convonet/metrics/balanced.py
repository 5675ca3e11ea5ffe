"""Balanced accuracy: every class counts the same, however many images it has."""

import math

import numpy as np
from numpy.typing import ArrayLike

from .intervals import Interval, wilson
from .scores import precision_recall_f1


def balanced_accuracy(matrix: ArrayLike) -> float:
    """Mean recall of the classes that have images, 0..1; guessing gives 1 over their number.

    Source: K. H. Brodersen and others, The balanced accuracy and its posterior distribution, ICPR (2010), 3121–3124.

    Args:
        matrix: confusion matrix of counts, rows true, shape (classes, classes).

    Raises:
        ValueError: the matrix is not square, has a negative count, or counts no image.
    """
    scores = precision_recall_f1(matrix)
    return float(scores.recall[scores.support > 0].mean())


def balanced_accuracy_interval(matrix: ArrayLike) -> Interval:
    """The 95% confidence interval of `balanced_accuracy`, from Wilson's interval of each recall (MOVER).

    Each recall is of other images, so the squared distances from the ends of their intervals add up.
    Source: G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008), 1693–1702.

    Args:
        matrix: as for `balanced_accuracy`.

    Raises:
        ValueError: as `balanced_accuracy`.
    """
    scores = precision_recall_f1(matrix)
    there = scores.support > 0
    recall, images = scores.recall[there], scores.support[there].tolist()
    correct = np.diagonal(np.asarray(matrix))[there].tolist()
    ends = np.array([wilson(int(hits), count) for hits, count in zip(correct, images, strict=True)])
    below, above = (math.sqrt(float(np.sum((recall - side) ** 2))) / len(recall) for side in ends.T)
    mean = float(recall.mean())
    return Interval(max(0.0, mean - below), min(1.0, mean + above))
