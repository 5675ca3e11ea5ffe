"""Frozen job specs: all that a worker needs to know, as plain JSON. Nothing here loads an image or keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, InstanceOf, field_validator

from convonet.errors import InputError, nearest
from convonet.json_values import JsonObject, object_at
from convonet.params.data_params import DataParams, Scaling
from convonet.params.files import data_to_dict
from convonet.params.hyper_params import HyperParams
from convonet.params.migrations import VERSION_KEY, hyper_1_to_2
from convonet.params.recipes import TrainRecipe
from convonet.params.search_space import SearchSpace
from convonet.params.values import CheckedModel
from convonet.tasks.export_formats import EXPORT_FORMATS, EXPORT_OPTIONS

ExecutorName = Literal["local", "ray"]
Split = Literal["train", "val", "test"]
Cost = Annotated[float, Field(ge=0)]
Size = Annotated[int, Field(ge=1)]
SPEC_VERSION = 2


class Task(CheckedModel):
    """A job. `kind` names it on the wire; subclasses register themselves. Every way of making one checks it.

    What others must know of a kind is a trait here, so that no other place lists kinds.

    Attributes:
        kind: the name on the wire.
        job: the module of `convonet.jobs` that does it.
        title: what a sentence about its work begins with.
        noun: what a run of this kind is called in lists.
        keeps_run: it leaves a run behind; other kinds answer a question.
        resumable: a run that was stopped goes on where it was.
        reported: its run gets a report.
        repeatable: a finished run can be done once more and compared; see `VerifyTask`.
        fills_table: its run has a table that grows while it works.
        side_by_side: it trains several networks at a time, each with `threads` threads.
        learns: it learns from the training images, so it needs some and parameters without a fault.
        step: the step of the workflow that shows its work and its answer.
        threads: computing threads of the worker; part of the spec, since other numbers give other last digits.

    Raises:
        ParamError: all faults at once.
    """

    # Deferred, since a process uses few of the tasks and building all of them would delay its start.
    model_config = ConfigDict(defer_build=True)

    kind: ClassVar[str]
    job: ClassVar[str]
    title: ClassVar[str]
    noun: ClassVar[str] = ""
    keeps_run: ClassVar[bool] = False
    resumable: ClassVar[bool] = False
    reported: ClassVar[bool] = False
    repeatable: ClassVar[bool] = False
    fills_table: ClassVar[bool] = False
    side_by_side: ClassVar[bool] = False
    learns: ClassVar[bool] = False
    step: ClassVar[str] = "runs"
    registry: ClassVar[dict[str, type[Task]]] = {}

    threads: int | None = Field(None, ge=1)

    @classmethod
    def __pydantic_init_subclass__(cls, **settings: Any) -> None:
        super().__pydantic_init_subclass__(**settings)
        # A class between has no kind of its own, and nothing can be asked of it.
        if "kind" in vars(cls):
            Task.registry[cls.kind] = cls
            cls.job = vars(cls).get("job", f"{cls.kind}_job")
            cls.title = vars(cls).get("title", cls.kind.capitalize())
            cls.noun = vars(cls).get("noun", cls.kind.capitalize().replace("_", " "))

    @property
    def leaves_run(self) -> bool:
        """Whether a person finds a run of this job's own when it has ended."""
        return self.keeps_run

    @classmethod
    def traits(cls) -> dict[str, bool | str]:
        """The traits by name, for an interface that is not written in Python."""
        return {name: getattr(cls, name) for name in TRAITS}

    def anchored(self) -> Self:
        """The same job with absolute paths of images and bases: it may be taken up from another folder."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        with_paths = (DataParams, HyperParams, SearchSpace)
        return self.changed(
            **{name: value.anchored() for name, value in values.items() if isinstance(value, with_paths)}
        )

    def to_dict(self) -> JsonObject:
        """The JSON object of the spec."""
        values: JsonObject = {"kind": self.kind, VERSION_KEY: SPEC_VERSION}
        return values | {name: _plain(getattr(self, name)) for name in type(self).model_fields}


class ResumableTask(Task):
    """A job that learns from images for a long time: it keeps its run, and goes on where it was stopped.

    Attributes:
        accept_changed_data: go on although the images are no longer those that the run began with.
    """

    keeps_run: ClassVar[bool] = True
    resumable: ClassVar[bool] = True
    learns: ClassVar[bool] = True

    data: InstanceOf[DataParams]
    accept_changed_data: bool = False


TRAITS = (
    "noun",
    "keeps_run",
    "resumable",
    "reported",
    "repeatable",
    "fills_table",
    "side_by_side",
    "learns",
    "step",
)


class TrainTask(ResumableTask):
    """Train a network.

    Attributes:
        validation: hold out a share, or use the validation folder.
        recipe: `auto`, `fast` or `best` plan the training for the images, and `hyper` is imposed on the plan; `none`
            trains what `hyper` says.
        minutes: the time budget of a plan; None: the recipe's own.
        from_model: a run or model file whose weights training starts from.
        then_test: evaluate on the test set, where there is one, when training has ended. Stored as false by runs of
            0.1 that did not ask for it.
        accept_class_map: where class names of the validation or test set differ and a complete map is offered,
            apply it and keep it in `data`.
        workers: processes that compute each batch together; other numbers give other last digits.
        executor: where they are: on this machine or on a Ray cluster.
        own_loss: a loss that a person has written, by its registered name, with its configuration; None: that of
            `hyper`.
    """

    kind: ClassVar[str] = "train"
    title: ClassVar[str] = "Training"
    noun: ClassVar[str] = "Training"
    step: ClassVar[str] = "train"
    reported: ClassVar[bool] = True
    repeatable: ClassVar[bool] = True

    hyper: InstanceOf[HyperParams]
    validation: bool = True
    recipe: TrainRecipe = "none"
    minutes: float | None = Field(None, gt=0)
    from_model: str | None = None
    then_test: bool = True
    accept_class_map: bool = False
    workers: int = Field(1, ge=1, le=64)
    executor: ExecutorName = "local"
    own_loss: dict[str, Any] | None = None

    @field_validator("own_loss", mode="before")
    @classmethod
    def _check_own_loss(cls, loss: object) -> object:
        # Otherwise a malformed one is found only when the worker creates the loss.
        if loss is None or (
            isinstance(loss, Mapping)
            and loss.keys() == {"name", "config"}
            and isinstance(loss["name"], str)
            and isinstance(loss["config"], Mapping | None)
        ):
            return loss
        raise ValueError(
            f"own_loss: expected a registered name and a configuration, received {str(loss)[:80]}"
        )

    @property
    def processes(self) -> int:
        """How many processes compute each batch: `workers`, or the hyperparameter of that name."""
        return max(self.workers, self.hyper.workers)


class EvaluateTask(Task):
    """Evaluate a model on one set.

    Attributes:
        model: a run folder or a model file.
        top_k: an answer counts as right when the truth is among the k likeliest.
        positive, threshold: for two classes; the positive class is predicted at p ≥ threshold.
        min_recall, costs: choose the threshold on validation instead: to find this share of the positives, or
            for the least cost of false alarms and misses.
        calibrate: fit a temperature on validation.
        keep: write threshold, positive class and temperature into the model.
        outside: images and folders of images of none of the classes, to measure how well they are told.
        classes: names for a model that holds none; empty: those of the set.
        accept_class_map: where the class names of the set differ and a complete map is offered, apply it and keep
            it in the run's data parameters.
        into: the run folder that gets the files; None: the job's own.
    """

    kind: ClassVar[str] = "evaluate"
    title: ClassVar[str] = "Testing"
    noun: ClassVar[str] = "Evaluation"
    step: ClassVar[str] = "test"

    model: str
    data: InstanceOf[DataParams]
    split: Split = "test"
    top_k: int = Field(5, ge=1)
    positive: str | None = None
    threshold: float | None = Field(None, ge=0, le=1)
    min_recall: float | None = Field(None, ge=0, le=1)
    costs: tuple[Cost, Cost] | None = None
    calibrate: bool = False
    keep: bool = False
    outside: tuple[str, ...] = ()
    scaling: Scaling | None = None
    classes: tuple[str, ...] = ()
    accept_class_map: bool = False
    into: str | None = None

    @property
    def leaves_run(self) -> bool:
        """An evaluation into a run belongs to that run."""
        return self.into is None


class PredictTask(Task):
    """Predict images and folders of images."""

    kind: ClassVar[str] = "predict"
    title: ClassVar[str] = "Prediction"
    step: ClassVar[str] = "use"

    model: str
    paths: tuple[str, ...]
    top: int = Field(5, ge=1)
    unsure_below: float | None = Field(None, ge=0, le=1)
    scaling: Scaling | None = None
    classes: tuple[str, ...] = ()


class SummaryTask(Task):
    """The layer table of the network that the parameters describe, or of a saved model.

    Attributes:
        out: a PNG file that gets the drawing of the network.
    """

    kind: ClassVar[str] = "summary"
    title: ClassVar[str] = "Building the network"
    step: ClassVar[str] = "network"

    hyper: InstanceOf[HyperParams] | None = None
    shape: tuple[Size, Size, Size] | None = None
    num_classes: int | None = Field(None, ge=1)
    data: InstanceOf[DataParams] | None = None
    model: str | None = None
    out: str | None = None


class ExportTask(Task):
    """Write a model in another format.

    Attributes:
        format: a name of `EXPORT_FORMATS`.
        out: the file or folder to write; None: beside the model.
        data: whose images the export is checked with; None: those of the model's run.
        fetch: for `web`: download ONNX Runtime Web where it is not kept on this machine.
        runtime: for `web`: a package or folder that ONNX Runtime Web is taken from.
        unchecked: for `web`: write the page although no browser is there to compare it in.
        max_loss: for `onnx-int8`: the largest loss of accuracy, 0..1, with which the file is kept; None: 0.01.
    """

    kind: ClassVar[str] = "export"
    title: ClassVar[str] = "Export"

    model: str
    format: str = "onnx"
    out: str | None = None
    data: InstanceOf[DataParams] | None = None
    scaling: Scaling | None = None
    fetch: bool = False
    runtime: str | None = None
    unchecked: bool = False
    max_loss: float | None = Field(None, ge=0, le=1)

    @property
    def options(self) -> dict[str, object]:
        """Those values that only some formats take, where they are given."""
        return {name: value for name in EXPORT_OPTIONS if (value := getattr(self, name)) not in (None, False)}

    @field_validator("format")
    @classmethod
    def _check_format(cls, value: str) -> str:
        if value not in EXPORT_FORMATS:
            near = nearest(value, EXPORT_FORMATS)
            hint = f" (did you mean {near}?)" if near else ""
            raise ValueError(f"format: expected one of {', '.join(EXPORT_FORMATS)}, received {value!r}{hint}")
        return value


def _plain(value: Any) -> Any:
    if isinstance(value, DataParams):
        return data_to_dict(value)
    if isinstance(value, HyperParams):
        return {name: list(v) if isinstance(v, tuple) else v for name, v in value.set_values().items()}
    if isinstance(value, SearchSpace):
        return value.to_dict()
    return list(value) if isinstance(value, tuple) else value


def traits_of(kind: str) -> type[Task]:
    """The class that knows the traits of a kind; a kind that only a newer version knows has none."""
    return Task.registry.get(kind, Task)


def read_task(value: Mapping[str, Any]) -> Task:
    """The task that `Task.to_dict` described, of this version or an earlier one.

    Raises:
        InputError: an unknown kind, an unknown key, or a newer version.
    """
    kind = Task.registry.get(str(value.get("kind")))
    version = value.get(VERSION_KEY)
    if kind is None or version not in range(1, SPEC_VERSION + 1):
        raise InputError(
            "The job cannot be read",
            expected=f"one of {', '.join(Task.registry)} in version 1 to {SPEC_VERSION}",
            received=f"{value.get('kind')} in version {version}",
        )
    values = {name: item for name, item in value.items() if name not in ("kind", VERSION_KEY)}
    if unknown := sorted(values.keys() - kind.model_fields.keys()):
        raise InputError(
            "The job has unknown keys",
            expected=", ".join(sorted(kind.model_fields)),
            received=", ".join(unknown),
        )
    if version == 1:
        values = _spec_1_to_2(values)
    for name, item in values.items():
        if name == "data" and item is not None:
            values[name] = DataParams.of({k: v for k, v in item.items() if k != VERSION_KEY})
        elif name == "hyper" and item is not None:
            values[name] = HyperParams.of(item)
        elif name == "space":
            values[name] = SearchSpace.of(item)
    return kind.of(values)


def _spec_1_to_2(values: JsonObject) -> JsonObject:
    """A job of version 0.1 keeps the last epoch."""
    given = [name for name in ("hyper", "space") if values.get(name) is not None]
    return values | {name: hyper_1_to_2(object_at(values, name)) for name in given}
