"""Documents about runs: the list, the comparison, and everything known about one run."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from convonet.documents.document import Document, IntervalBounds
from convonet.documents.history import HistoryTable
from convonet.documents.run_record import RunRecord, RunScores
from convonet.documents.summary import TrainingSummary
from convonet.events import RunState


class EvaluationRow(Document):
    """The main scores of a run's model on one set.

    Attributes:
        run: the id of the evaluation's own run; None if the scores are in the run of the model.
        data_set: the name of the set.
    """

    split: str
    data_set: str
    images: int
    accuracy: float
    accuracy_interval: IntervalBounds | None = None
    run: str | None = None


class RunRow(Document):
    """One row of the list of runs.

    Attributes:
        title: its name, otherwise data set, network and date; numbered if an older run has the same title.
        data_set: the folder or file of its images.
        images, classes: of the training set; None until it has been read.
        error: why it failed, in one sentence.
        val_accuracy: training runs only: the validation accuracy of the model.
        model: evaluations only: the evaluated model.
        belongs_to: the id of the run whose model was evaluated, if that run is in the list.
        evaluations: all evaluations of its model, including those with a run of their own.
    """

    run: str
    title: str = ""
    data_set: str = ""
    network: str = ""
    state: RunState
    id: str
    kind: str
    created: str
    started: str | None
    ended: str | None
    seconds: float
    scores: RunScores
    images: int | None = None
    classes: int | None = None
    epochs: int = 0
    error: str | None = None
    family: str | None = None
    val_accuracy: float | None = None
    base: str | None = None
    train_dir: str | None = None
    model: str | None = None
    belongs_to: str | None = None
    evaluations: tuple[EvaluationRow, ...] = ()

    @property
    def accuracy(self) -> float | None:
        """The accuracy on test images, otherwise on validation images."""
        if self.scores.test is not None:
            return self.scores.test.accuracy
        return self.scores.training.val_accuracy if self.scores.training else None


class RunDocument(RunRecord):
    """The result of `runs show`: the record with the current state, the documents of its results, and its files."""

    run: str
    title: str = ""
    data_set: str = ""
    history: HistoryTable
    files: tuple[str, ...]
    summary: TrainingSummary | None = None


class ComparedRun(Document):
    """One of the runs that are compared.

    Attributes:
        same_data: whether it was trained on the same images as the first run.
        marked_since: number of test images whose mark was added or removed after the run's last test.
        outdated: a sentence that says that the test is outdated; empty if it is not.
    """

    run: str
    title: str = ""
    id: str
    kind: str
    state: RunState
    scores: RunScores
    same_data: bool
    marked_since: int = 0
    outdated: str = ""


class PairRow(Document):
    """McNemar's test of two runs on the images that both were tested on and that have the same label in both.

    `same_images`: whether these are all the test images of both runs. If there are no such images, the counts and the
    p-value are absent.
    """

    sparse = True

    a: str
    b: str
    same_images: bool
    both_right: int | None = None
    only_a: int | None = None
    only_b: int | None = None
    both_wrong: int | None = None
    p_value: float | None = None
    sentence: str


class ChangedImage(Document):
    """An image that two runs predict differently; `p_a`, `p_b`: probabilities of the true class, `change`: b - a."""

    path: str
    true: str
    true_before: str
    a: str
    b: str
    p_a: float
    p_b: float
    change: float


class MarkDifference(Document):
    """A mark that differs between two runs: `a` and `b` are its values when each run used the images."""

    set: str
    path: str
    a: str | None
    b: str | None


class RunDifference(Document):
    """How the predictions of run `b` for test images differ from those of run `a`.

    Attributes:
        images: number of images in both.
        gained: number of images that are correct only in `b`.
        lost: number of images that are correct only in `a`.
        changed_images: images whose prediction or true class differs, largest change first.
        mean_change: mean change in the probability of the true class over all images; None without images.
        marks: marks that differ between the runs.
    """

    a: str
    b: str
    images: int
    gained: int
    lost: int
    changed_images: tuple[ChangedImage, ...] = Field(alias="changed")
    mean_change: float | None
    marks: tuple[MarkDifference, ...]
    sentence: str


class RunComparison(Document):
    """Runs side by side. `differences`: the parameters that differ, with a value for each run."""

    runs: tuple[ComparedRun, ...]
    differences: dict[str, list[Any]]
    pairs: tuple[PairRow, ...]
    difference: RunDifference | None = None
