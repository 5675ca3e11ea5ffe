"""The scores of one model on one set, from its probabilities; numpy alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convonet import metrics
from convonet.data.listing import Skipped
from convonet.documents.evaluation import (
    AverageRow,
    ChosenDecision,
    ClassRow,
    EvaluationDocument,
    ScoreIntervals,
    SkippedFile,
    UnknownScores,
)
from convonet.documents.marks import Mark
from convonet.evaluation.curves import ClassCurves, curves_of
from convonet.evaluation.trust import Calibration, Intervals, calibration_of, intervals_of
from convonet.inference.decide import Probabilities, confidences
from convonet.inference.decision import Decision
from convonet.json_values import JsonObject
from convonet.metrics import ClassScores, Interval, SensitivitySpecificity
from convonet.tasks import Split

TOP_K = 5


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model answered to each image of a set, and how good that is. Shares are 0..1.

    Attributes:
        split: `train`, `val` or `test`.
        classes: names; the index is the label.
        paths: relative to the set's root; row i of every array is paths[i].
        y_true, y_pred: class indices, shape (n,).
        probabilities: shape (n, classes).
        skipped: files that are left out of all numbers.
        accuracy_interval: Wilson's, 95%.
        baseline_accuracy: that of always answering the commonest class.
        loss: mean cross entropy in nats.
        top_k_accuracy: None where k is the number of classes or more.
        auc: of the positive class of two, else the mean of each class against the rest; None where a class
            has no image.
        positive: the class that threshold, sensitivity and specificity are about, where there are two.
        threshold: the positive class is answered at p ≥ threshold; None: the likelier class.
        images_per_second: mapped rows to probabilities, without the session's start and decoding.
        intervals: of every other score.
        calibration: whether confidences mean what they say.
        curves: of the positive class, or of each class against the rest.
        chosen: what was chosen on validation images, if anything.
        root: the folder that `paths` are relative to; empty in files of earlier versions.
        unknown: how images of none of the classes are told; None where the model cannot.
        unknown_scores: of each image, shape (n,), where the model gives them.
        marks: those of the person's marks that were obeyed.
    """

    split: Split
    classes: tuple[str, ...]
    paths: tuple[str, ...]
    y_true: NDArray[np.int64]
    y_pred: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    skipped: tuple[Skipped, ...]
    accuracy: float
    accuracy_interval: Interval
    baseline_accuracy: float
    loss: float
    top_k: int
    top_k_accuracy: float | None
    auc: float | None
    confusion_matrix: NDArray[np.int64]
    scores: ClassScores
    positive: str | None
    threshold: float | None
    rates: SensitivitySpecificity | None
    images_per_second: float
    intervals: Intervals
    calibration: Calibration
    curves: tuple[ClassCurves, ...] = ()
    chosen: ChosenDecision | None = None
    root: str = ""
    unknown: UnknownScores | None = None
    unknown_scores: NDArray[np.float32] | None = None
    marks: tuple[Mark, ...] = ()

    def __len__(self) -> int:
        return len(self.y_true)

    @property
    def confidence(self) -> Probabilities:
        """The probability of the predicted class, shape (n,)."""
        return confidences(self.probabilities, self.y_pred)

    def document(self) -> EvaluationDocument:
        """The document of `evaluate`, without the row of each image."""
        macro, weighted = self.scores.macro, self.scores.weighted
        sensitivity, specificity = (
            (self.rates.sensitivity, self.rates.specificity) if self.rates else (None, None)
        )
        return EvaluationDocument(
            split=self.split,
            accuracy=self.accuracy,
            accuracy_interval=self.accuracy_interval,
            baseline_accuracy=self.baseline_accuracy,
            balanced_accuracy=metrics.balanced_accuracy(self.confusion_matrix),
            loss=self.loss,
            top_k=self.top_k,
            top_k_accuracy=self.top_k_accuracy,
            macro_f1=macro.f1,
            auc=self.auc,
            classes=self.classes,
            per_class=tuple(self._class_rows()),
            macro=AverageRow(**macro._asdict()),
            weighted=AverageRow(**weighted._asdict()),
            confusion_matrix=self.confusion_matrix.tolist(),
            images=len(self),
            skipped=tuple(SkippedFile(path=path, reason=reason) for path, reason in self.skipped),
            positive=self.positive,
            threshold=self.threshold,
            sensitivity=sensitivity,
            specificity=specificity,
            images_per_second=self.images_per_second,
            intervals=self._intervals(),
            ece=self.calibration.ece,
            brier=self.calibration.brier,
            reliability=self.calibration.diagram(),
            confidence_histogram=self.calibration.histogram(),
            confidence_sentence=self.calibration.sentence,
            average_precision=self._average_precision(),
            curves=tuple(curves.document() for curves in self.curves),
            chosen=self.chosen,
            unknown=self.unknown,
            root=self.root,
            marks=tuple(mark.row() for mark in self.marks),
        )

    def to_dict(self) -> JsonObject:
        """The JSON document of `evaluate`, without the row of each image."""
        return self.document().to_dict()

    def _average_precision(self) -> float | None:
        """Of the positive of two classes; None where there are more, whose own stand with their curves."""
        return self.curves[0].average_precision if self.positive is not None and self.curves else None

    def _class_rows(self) -> Iterator[ClassRow]:
        table, sides = self.scores, self.intervals
        for index, name in enumerate(self.classes):
            yield ClassRow(
                class_=name,
                precision=float(table.precision[index]),
                recall=float(table.recall[index]),
                f1=float(table.f1[index]),
                support=int(table.support[index]),
                precision_interval=sides.precision[index],
                recall_interval=sides.recall[index],
                f1_interval=sides.f1[index],
            )

    def _intervals(self) -> ScoreIntervals:
        """Sensitivity is the recall of the positive class, specificity that of the other one."""
        sides, sensitivity, specificity = self.intervals, None, None
        if self.positive is not None:
            index = self.classes.index(self.positive)
            sensitivity, specificity = sides.recall[index], sides.recall[1 - index]
        return ScoreIntervals(
            loss=sides.loss,
            balanced_accuracy=metrics.balanced_accuracy_interval(self.confusion_matrix),
            macro_f1=sides.macro_f1,
            auc=sides.auc,
            top_k_accuracy=sides.top_k_accuracy,
            sensitivity=sensitivity,
            specificity=specificity,
        )


def score(
    y_true: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    decision: Decision,
    *,
    classes: Sequence[str],
    paths: Sequence[str],
    split: Split = "test",
    skipped: Sequence[Skipped] = (),
    top_k: int = TOP_K,
    images_per_second: float = 0.0,
    chosen: ChosenDecision | None = None,
    root: str = "",
) -> Evaluation:
    """Compare the predictions with the labels.

    Args:
        y_true: class indices, shape (n,), n ≥ 1.
        probabilities: shape (n, classes), rows summing to one.
        decision: how probabilities become an answer.
        classes: names; the index is the label.
        paths: one for each row.
        split: which set it is.
        skipped: files that could not be read.
        top_k: 1 or more.
        images_per_second: as measured by whoever predicted.
        chosen: what was chosen on validation images.
        root: the folder that the paths are relative to.

    Raises:
        ValueError: shapes do not fit, or a number is out of range.
    """
    y_pred = decision.labels(probabilities)
    # Each metric would make its own copy, which takes seconds for a thousand classes.
    exact = probabilities.astype(np.float64)
    matrix = metrics.confusion_matrix(y_true, y_pred, len(classes))
    # From the matrix, so that accuracy and matrix cannot disagree.
    correct = int(np.trace(matrix))
    positive = decision.positive
    scores = metrics.precision_recall_f1(matrix)
    top_k_accuracy = metrics.top_k_accuracy(y_true, exact, top_k)
    return Evaluation(
        split=split,
        classes=tuple(classes),
        paths=tuple(paths),
        y_true=y_true,
        y_pred=y_pred,
        probabilities=probabilities,
        skipped=tuple(skipped),
        accuracy=correct / len(y_true),
        accuracy_interval=metrics.wilson(correct, len(y_true)),
        baseline_accuracy=metrics.baseline_accuracy(y_true),
        loss=metrics.log_loss(y_true, exact),
        top_k=top_k,
        top_k_accuracy=top_k_accuracy,
        auc=_auc(y_true, exact, positive),
        confusion_matrix=matrix,
        scores=scores,
        positive=None if positive is None else classes[positive],
        threshold=decision.threshold,
        rates=None
        if positive is None
        else metrics.sensitivity_specificity(y_true == positive, y_pred == positive),
        images_per_second=images_per_second,
        intervals=intervals_of(
            y_true, exact, matrix, scores, positive=positive, top_k_accuracy=top_k_accuracy
        ),
        calibration=calibration_of(y_true, exact, y_pred),
        curves=curves_of(y_true, exact, classes, positive=positive),
        chosen=chosen,
        root=root,
    )


def _auc(y_true: NDArray[np.int64], probabilities: NDArray[np.float64], positive: int | None) -> float | None:
    # Of two classes the area of one is that of the other; a mean over both would hide which one is asked
    # about.
    if positive is None:
        return metrics.roc_auc_ovr(y_true, probabilities)
    return metrics.roc_auc(y_true == positive, probabilities[:, positive])
