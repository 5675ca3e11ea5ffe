"""The documents of several runs: their list, their comparison, and all that is known of one."""

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
        run: the id of the evaluation's own run; None where the scores stand in the run of the model.
        data_set: what the set is called.
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
        title: the name that a person gave it, else data set, network and date; numbered if an older run has it.
        data_set: the folder or file of its images.
        images, classes: of the training images; None until they were looked at.
        error: why it failed, in one sentence.
        val_accuracy: that of the model of a training.
        model: what an evaluation evaluates.
        belongs_to: the id of the run whose model this evaluation evaluates, where that run is in the list.
        evaluations: what was measured of its model, also by evaluations with a run of their own.
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
        """The accuracy on test images, else on validation images."""
        if self.scores.test is not None:
            return self.scores.test.accuracy
        return self.scores.training.val_accuracy if self.scores.training else None


class RunDocument(RunRecord):
    """What `runs show` prints: the record with the true state, the documents of its results, its files."""

    run: str
    title: str = ""
    data_set: str = ""
    history: HistoryTable
    files: tuple[str, ...]
    summary: TrainingSummary | None = None


class ComparedRun(Document):
    """One of the runs that are compared.

    Attributes:
        same_data: trained on the images of the first of them.
        marked_since: test images that were marked, or lost their mark, after the run's last test.
        outdated: that as a sentence; empty where the test is up to date.
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
    """McNemar's test of two runs on the images that both were tested on under the same label.

    `same_images`: those are all images of both. The counts and the p value are absent where there are none.
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
    """A mark that one of two runs obeyed and the other did not, or otherwise."""

    set: str
    path: str
    a: str | None
    b: str | None


class RunDifference(Document):
    """How the predictions of run `b` for test images differ from those of run `a`.

    Attributes:
        images: in both; `gained` and `lost`: correct in `b` alone, in `a` alone.
        changed_images: those with another prediction or another true class, the largest change first.
        mean_change: of the probability of the true class over all images, None without any.
        marks: which only one of the runs obeyed.
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
    """Runs side by side: `differences` has the parameters that are not the same, a value for each run."""

    runs: tuple[ComparedRun, ...]
    differences: dict[str, list[Any]]
    pairs: tuple[PairRow, ...]
    difference: RunDifference | None = None
