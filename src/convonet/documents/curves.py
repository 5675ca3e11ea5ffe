"""The curves of an evaluation: ROC, precision-recall, and how reliable the confidence is."""

from __future__ import annotations

from pydantic import Field

from convonet.documents.document import Document, IntervalBounds


class ReliabilityDiagram(Document):
    """Accuracy by confidence bin. The means of an empty bin are None."""

    edges: tuple[float, ...] = Field(description="Edges of the bins: one more than the number of bins.")
    counts: tuple[int, ...]
    confidence: tuple[float | None, ...]
    accuracy: tuple[float | None, ...]


class ConfidenceHistogram(Document):
    """Correct and incorrect predictions by confidence."""

    edges: tuple[float, ...]
    right: tuple[int, ...]
    wrong: tuple[int, ...]


class RocPoints(Document):
    """Points of a ROC curve from (0, 0) to (1, 1)."""

    fpr: tuple[float, ...]
    tpr: tuple[float, ...]


class PrecisionRecallPoints(Document):
    """Points of a precision-recall curve, recall ascending."""

    recall: tuple[float, ...]
    precision: tuple[float, ...]


class ClassCurve(Document):
    """The curves of one class against the rest; `chance` is the fraction of images in this class."""

    class_: str = Field(alias="class")
    images: int
    auc: float
    auc_interval: IntervalBounds
    average_precision: float
    chance: float
    roc: RocPoints
    precision_recall: PrecisionRecallPoints
