"""ROC and precision-recall curves of an evaluation: of the positive of two classes, or of each class against the rest.

The areas are of all points; of the points themselves so many are kept as a picture can show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet import metrics
from convonet.documents.curves import ClassCurve, PrecisionRecallPoints, RocPoints
from convonet.metrics import Interval

MOST_CLASSES = 20
MOST_POINTS = 200

Points = NDArray[np.float64]


class ClassCurves(NamedTuple):
    """How well one class is told from the rest, at every threshold.

    Attributes:
        cls: the class' name.
        images: of the class.
        auc: area below the ROC curve, 0..1.
        auc_interval: 95%, DeLong's.
        average_precision: area below the precision-recall curve, 0..1.
        chance: the share of the class among the images: the average precision of guessing.
        roc: (false positive rate, true positive rate), (points, 2), from (0, 0) to (1, 1).
        precision_recall: (recall, precision), (points, 2), recall ascending.
    """

    cls: str
    images: int
    auc: float
    auc_interval: Interval
    average_precision: float
    chance: float
    roc: Points
    precision_recall: Points

    def document(self) -> ClassCurve:
        """As JSON has them."""
        fpr, tpr = self.roc.T.tolist()
        recall, precision = self.precision_recall.T.tolist()
        return ClassCurve(
            class_=self.cls,
            images=self.images,
            auc=self.auc,
            auc_interval=self.auc_interval,
            average_precision=self.average_precision,
            chance=self.chance,
            roc=RocPoints(fpr=fpr, tpr=tpr),
            precision_recall=PrecisionRecallPoints(recall=recall, precision=precision),
        )


def curves_of(
    y_true: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    classes: Sequence[str],
    *,
    positive: int | None = None,
) -> tuple[ClassCurves, ...]:
    """The curves of an evaluation; classes without images, or with all of them, have none.

    Args:
        y_true: class indices, shape (n,).
        probabilities: shape (n, classes).
        classes: names; the index is the label.
        positive: index of the positive of two classes; None: each class against the rest, and of more than 20
            the 20 with the smallest areas.
    """
    counts = np.bincount(y_true, minlength=len(classes))
    wanted = range(len(classes)) if positive is None else [positive]
    asked = [label for label in wanted if 0 < counts[label] < len(y_true)]
    areas = {label: metrics.roc_auc(y_true == label, probabilities[:, label]) or 0.0 for label in asked}
    # The worst ones: a thousand curves show nothing, and nobody looks for the classes that are fine.
    kept = sorted(sorted(asked, key=areas.__getitem__)[:MOST_CLASSES])
    return tuple(_of_class(y_true == label, probabilities[:, label], classes[label]) for label in kept)


def thinned(points: Points, most: int = MOST_POINTS) -> Points:
    """At most `most` of the points of a line, evenly spread along it, both ends among them.

    Args:
        points: shape (n, 2), the line from end to end.
        most: 2 or more.
    """
    if len(points) <= most:
        return points
    # Along the line, not along the rates: steep parts keep as many points as flat ones.
    steps = np.abs(np.diff(points, axis=0)).sum(axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    # A last place is the last point: rounding must not lose it.
    indices = np.searchsorted(along, np.linspace(0, along[-1], most)).clip(max=len(points) - 1)
    indices[-1] = len(points) - 1
    kept: Points = points[np.unique(indices)]
    return kept


def _of_class(is_positive: NDArray[np.bool_], scores: NDArray[np.float64], name: str) -> ClassCurves:
    area, interval = metrics.roc_auc(is_positive, scores), metrics.auc_interval(is_positive, scores)
    average = metrics.average_precision(is_positive, scores)
    assert area is not None
    assert interval is not None
    assert average is not None
    roc, pairs = metrics.roc_curve(is_positive, scores), metrics.precision_recall_curve(is_positive, scores)
    return ClassCurves(
        name,
        int(is_positive.sum()),
        area,
        interval,
        average,
        float(is_positive.mean()),
        thinned(np.stack([roc.fpr, roc.tpr], axis=1)),
        thinned(np.stack([pairs.recall, pairs.precision], axis=1)[::-1]),
    )
