"""`evaluation.json`: how good a model's answers to the images of a set are.

Fractions are 0..1. A new score of the whole set is a field of `EvaluationDocument` and, to be shown, a row of `SCORES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from convonet.documents.curves import ClassCurve, ConfidenceHistogram, ReliabilityDiagram
from convonet.documents.document import Document, IntervalBounds
from convonet.documents.run_record import MarkRow

SPLITS = ("test", "val", "train")
"""The sets of an evaluation, the one that counts most first."""

SPLIT_TITLES: Mapping[str, str] = {"train": "training", "val": "validation", "test": "test"}
"""What a sentence calls each set."""


class SkippedFile(Document):
    """A skipped file, which no score includes."""

    path: str
    reason: str


class ClassRow(Document):
    """The scores of one class. An interval is None if the class was never predicted or has no images."""

    class_: str = Field(alias="class")
    precision: float
    recall: float
    f1: float
    support: int = Field(description="Number of images of the class.")
    precision_interval: IntervalBounds | None = None
    recall_interval: IntervalBounds | None = None
    f1_interval: IntervalBounds | None = None


class AverageRow(Document):
    """A mean over the classes, with equal weights (macro) or weighted by the number of images (weighted)."""

    precision: float
    recall: float
    f1: float


class ScoreIntervals(Document):
    """95% confidence intervals of the scores of the whole set; None if a score has none."""

    sparse = True

    loss: IntervalBounds | None = None
    balanced_accuracy: IntervalBounds | None = None
    macro_f1: IntervalBounds | None = None
    auc: IntervalBounds | None = None
    top_k_accuracy: IntervalBounds | None = None
    sensitivity: IntervalBounds | None = None
    specificity: IntervalBounds | None = None


class ChosenDecision(Document):
    """The temperature and the threshold that were chosen on validation images."""

    sparse = True

    on: str
    images: int
    temperature: float | None = None
    note: str | None = None
    ece_before: float | None = None
    ece_after: float | None = None
    ece_uncalibrated: float | None = Field(
        None, description="Calibration error on the evaluated images before temperature scaling."
    )
    min_recall: float | None = None
    costs: tuple[float, float] | None = None
    threshold: float | None = None
    positive: str | None = None
    sensitivity: float | None = None
    specificity: float | None = None


class UnknownScores(Document):
    """How well images that belong to none of the classes are detected.

    The fields from `outside_images` on are None if no such images were tested.

    Attributes:
        threshold: an image is unknown above this score.
        rate: the fraction of known images allowed above the threshold, which was chosen on the set `measured_on`.
        false_alarms: the fraction of the evaluated images that are classified as unknown.
        found: the fraction of the `outside_images` that are classified as unknown.
    """

    threshold: float
    rate: float
    measured_on: str
    false_alarms: float
    false_alarms_interval: IntervalBounds
    outside_images: int | None = None
    found: float | None = None
    found_interval: IntervalBounds | None = None
    auroc: float | None = None
    false_alarms_at_95_recall: float | None = None


class EvaluationDocument(Document):
    """The scores of a model on one set.

    Rows of `confusion_matrix` are true classes, columns predicted classes. `images_per_second` measures the time from
    pixels to probabilities, without decoding.
    """

    split: Literal["train", "val", "test"]
    accuracy: float
    accuracy_interval: IntervalBounds
    baseline_accuracy: float = Field(description="Accuracy of always predicting the most common class.")
    balanced_accuracy: float | None = Field(
        None, description="Mean recall of the classes that have images; null in files from earlier versions."
    )
    loss: float | None
    top_k: int
    top_k_accuracy: float | None
    macro_f1: float
    auc: float | None
    classes: tuple[str, ...]
    per_class: tuple[ClassRow, ...]
    macro: AverageRow
    weighted: AverageRow
    confusion_matrix: tuple[tuple[int, ...], ...]
    images: int
    skipped: tuple[SkippedFile, ...]
    positive: str | None
    threshold: float | None
    sensitivity: float | None
    specificity: float | None
    images_per_second: float
    intervals: ScoreIntervals
    ece: float = Field(description="Expected calibration error.")
    brier: float = Field(description="Brier score, 0..2.")
    reliability: ReliabilityDiagram
    confidence_histogram: ConfidenceHistogram
    confidence_sentence: str
    average_precision: float | None
    curves: tuple[ClassCurve, ...]
    chosen: ChosenDecision | None = None
    unknown: UnknownScores | None = None
    root: str = Field("", description="The folder of the images; empty in files from earlier versions.")
    marks: tuple[MarkRow, ...] | None = Field(
        None, description="The marks that were applied; null in files from earlier versions."
    )

    def score_rows(self) -> tuple[ScoreRow, ...]:
        """The scores of the whole set that were measured, in the order of `SCORES`."""
        known = ((score, self[score.name]) for score in SCORES if self.get(score.name) is not None)
        return tuple(
            ScoreRow(
                score.label,
                value,
                self.accuracy_interval if score.name == "accuracy" else self.intervals.get(score.name),
                score.percent,
            )
            for score, value in known
        )

    @staticmethod
    def file_name(split: str) -> str:
        """The name of the evaluation file in a run folder, with the set as a suffix unless it is the test set."""
        return "evaluation.json" if split == "test" else f"evaluation_{split}.json"

    @classmethod
    def in_folder(cls, folder: Path, split: str) -> EvaluationDocument | None:
        """The evaluation of a set in a run folder; None if there is none.

        Raises:
            DocumentError: the file is damaged.
        """
        path = folder / cls.file_name(split)
        return cls.read(path) if path.is_file() else None

    @classmethod
    def best_in(cls, folder: Path) -> EvaluationDocument | None:
        """The most important evaluation: on the test images, otherwise on the validation or training images."""
        found = (cls.in_folder(folder, split) for split in SPLITS)
        return next((one for one in found if one is not None), None)


class ScoreRow(NamedTuple):
    """A score of the whole set, as a row of a table; `interval` is None if the score has none."""

    label: str
    value: float
    interval: IntervalBounds | None
    percent: bool

    @property
    def text(self) -> str:
        """The value as displayed."""
        return f"{100 * self.value:.1f}%" if self.percent else f"{self.value:.4f}"

    @property
    def interval_text(self) -> str:
        """The 95% confidence interval as displayed; empty if there is none."""
        if self.interval is None:
            return ""
        low, high = self.interval
        return f"{100 * low:.1f}–{100 * high:.1f}%" if self.percent else f"{low:.4f}–{high:.4f}"


class ScoreField(NamedTuple):
    """How every interface shows a score of the whole set.

    Attributes:
        name: the field of `EvaluationDocument`.
        label: for a table of scores.
        percent: shown as a percentage; otherwise as a number with four decimal places.
    """

    name: str
    label: str
    percent: bool = False


SCORES = (
    ScoreField("accuracy", "Accuracy", percent=True),
    ScoreField("baseline_accuracy", "Baseline accuracy", percent=True),
    ScoreField("balanced_accuracy", "Balanced accuracy", percent=True),
    ScoreField("loss", "Loss"),
    ScoreField("macro_f1", "Macro F1"),
    ScoreField("top_k_accuracy", "Top-k accuracy", percent=True),
    ScoreField("auc", "AUC"),
    ScoreField("average_precision", "Average precision"),
    ScoreField("sensitivity", "Sensitivity", percent=True),
    ScoreField("specificity", "Specificity", percent=True),
    ScoreField("ece", "Calibration error (ECE)"),
    ScoreField("brier", "Brier score"),
)
"""The scores of the whole set in the order in which they are shown; one that was not measured is left out."""


class SetRow(Document):
    """The main scores of one set.

    If the set was not `evaluated`, the scores are those recorded in the epoch whose weights were kept; training scores
    are then means over that epoch.
    """

    set: Literal["train", "val", "test"]
    images: int
    accuracy: float | None
    accuracy_interval: IntervalBounds | None
    loss: float | None
    evaluated: bool


class SetsTable(Document):
    """Training, validation and test side by side; `sentence` warns if test accuracy is significantly lower."""

    rows: tuple[SetRow, ...]
    sentence: str | None


class RunEvaluation(EvaluationDocument):
    """The scores of a model on one set, and the run folder with these scores and the predictions."""

    run: str

    @classmethod
    def of_run(cls, folder: Path, split: str = "test") -> RunEvaluation | None:
        """The evaluation of a set in a run folder; None if there is none.

        Raises:
            DocumentError: the file is damaged.
        """
        found = EvaluationDocument.in_folder(folder, split)
        # dict() goes by `keys()`, so keys of a later version come along too.
        return None if found is None else RunEvaluation(**dict(found), run=str(folder))


class EvaluateDocument(RunEvaluation):
    """The result of `evaluate`: the scores, the run folder, and the scores of the same model on each set."""

    sets: SetsTable
