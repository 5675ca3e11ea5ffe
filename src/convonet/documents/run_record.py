"""`run.json`: what a run is, how far it has come, and what it was made from and with."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import Field

from convonet.documents.document import Document, IntervalBounds
from convonet.documents.plan import Plan
from convonet.errors import ConvonetError, error_from_dict
from convonet.events import RunState
from convonet.json_values import JsonObject
from convonet.params.fields import ParamValues
from convonet.params.migrations import VERSION_KEY


class Fault(Document):
    """What went wrong, and what to do next."""

    # Records of earlier versions have no `hints`, and are written back as they were.
    sparse = True

    type: str = "ConvonetError"
    what: str = "The run failed"
    where: str | None = None
    expected: str | None = None
    received: str | None = None
    hint: str | None = None
    hints: dict[str, str] = Field(
        {}, description="The hint as worded for Python, the command line, HTTP, and the window and page."
    )
    details: JsonObject = Field({}, description="`faults`: a sentence for each invalid field.")

    def error(self) -> ConvonetError:
        """The error that was recorded, as its own class."""
        return error_from_dict(self.to_dict())


class RunParams(Document):
    """The parameters of the run: data parameters and hyperparameters."""

    data: ParamValues | None = None
    hyper: ParamValues | None = None

    def flat(self) -> ParamValues:
        """All values that were set, in one table, named `data.NAME` and `hyper.NAME`."""
        groups = {"data": self.data or {}, "hyper": self.hyper or {}}
        return {
            f"{group}.{name}": value
            for group, values in groups.items()
            for name, value in values.items()
            if name != VERSION_KEY
        }


class Machine(Document):
    """A machine: the server's, or the one that executed a run."""

    platform: str = ""
    processor: str = ""
    cores: int | None = None
    memory_bytes: int | None = None


class SkippedPath(NamedTuple):
    """A skipped file of a set."""

    path: str
    reason: str


class MarkRow(Document):
    """An image that was relabeled (`label`) or left out (`label` is None) by hand."""

    path: str
    label: str | None
    leave_out: bool


class SetRecord(Document):
    """The images of one set when the run used them. The fingerprint covers paths, classes and contents."""

    root: str
    images: int
    skipped: tuple[SkippedPath, ...] = ()
    marks: tuple[MarkRow, ...] = ()
    fingerprint: str


class DataRecord(Document):
    """The images of a run; the keys of `sets` are `train`, `val` and `test`."""

    fingerprint: str
    classes: tuple[str, ...]
    sets: dict[str, SetRecord]


class TrainingScores(Document):
    """Scores of the epoch whose weights were kept; on training images, they are means over the epoch."""

    sparse = True

    loss: float | None = None
    accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    images: int = 0
    val_images: int = 0


class SetScores(Document):
    """The main scores of an evaluation; `evaluation.json` has all of them."""

    sparse = True

    accuracy: float
    accuracy_interval: IntervalBounds | None = None
    baseline_accuracy: float | None = None
    loss: float | None = None
    macro_f1: float | None = None
    auc: float | None = None
    images: int = 0
    threshold: float | None = None


class SearchScores(Document):
    """Scores of the best setting of a search, averaged over its folds."""

    accuracy: float | None
    loss: float | None


class OutOfFoldScores(Document):
    """The fraction of images whose label agrees with the prediction of networks that were not trained on them."""

    accuracy: float
    images: int


class RunScores(Document):
    """The measured scores of a run."""

    sparse = True

    training: TrainingScores | None = None
    train: SetScores | None = None
    val: SetScores | None = None
    test: SetScores | None = None
    search: SearchScores | None = None
    out_of_fold: OutOfFoldScores | None = None

    def evaluated(self, split: str) -> SetScores | None:
        """The scores of `train`, `val` or `test`; None if the set was not evaluated."""
        return {"train": self.train, "val": self.val, "test": self.test}[split]


class AdviceRow(Document):
    """Advice on the parameters, based on facts about the images."""

    kind: str
    text: str
    mistake: bool = False


class FindingRow(Document):
    """What the curves of a training run show, and what to do about it."""

    kind: str
    sentence: str
    advice: str = ""


class DataFindingRow(Document):
    """Something to know about the images before training."""

    kind: str
    sentence: str


class SkippedTest(Document):
    """Why a training run did not use its test images, and the options of the command that uses them."""

    reason: str
    options: tuple[str, ...] = ()
    error: Fault | None = None


class RunRecord(Document):
    """The record of a run.

    Times are UTC in ISO 8601. Absent keys mean that nothing is known yet.

    Attributes:
        state: as stored; `Run.state` also checks whether the worker is alive.
        seconds: working time over all attempts.
        attempt: number of workers that have worked on the run.
        owner: id of the process that started it; 0: none.
        process: id of the worker process.
        task: the job as JSON.
        device: the device that trained the network, in words; empty: not known.
        model_epoch: the epoch, from 1, whose weights are in `model.keras`.
        stopped: why it ended early.
        diagnosis: what the curves show.
        findings: what the user should know about the images; None: not checked yet.
        published: the candidate of the plan whose model is in the run folder.
        replay: whether it repeats the decisions of another run instead of making its own.
    """

    sparse = True

    format_version: int = 0
    id: str = ""
    kind: str = ""
    state: RunState
    created: str = ""
    started: str | None = None
    ended: str | None = None
    seconds: float = 0.0
    attempt: int = 0
    owner: int = 0
    process: int | None = None
    seed: int = 0
    command: tuple[str, ...] = ()
    params: RunParams = Field(default_factory=RunParams)
    task: JsonObject = Field(default_factory=dict)
    data: DataRecord | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    machine: Machine = Field(default_factory=Machine)
    device: str = ""
    stages: tuple[str, ...] = ()
    model_epoch: int | None = None
    scores: RunScores = Field(default_factory=RunScores)
    error: Fault | None = None
    advice: tuple[AdviceRow, ...] = ()
    diagnosis: tuple[FindingRow, ...] = ()
    stopped: str = ""
    images_per_second: float = 0.0
    test_skipped: SkippedTest | None = None
    findings: tuple[DataFindingRow, ...] | None = None
    plan: Plan | None = None
    published: str | None = None
    replay: bool = False

    def set_record(self, name: str) -> SetRecord | None:
        """The images of `train`, `val` or `test`; None if they are not known yet."""
        return None if self.data is None else self.data.sets.get(name)

    @property
    def train_dir(self) -> str | None:
        """The location of the training images, as given in the parameter file."""
        found = (self.params.data or {}).get("train_dir")
        return found if isinstance(found, str) else None

    def hyper_value(self, name: str, default: Any = None) -> Any:
        """The value of a hyperparameter as given in the parameter file, or `default`."""
        return (self.params.hyper or {}).get(name, default)

    @property
    def day(self) -> str:
        """The date on which work began, as YYYY-MM-DD."""
        return (self.started or self.created)[:10]
