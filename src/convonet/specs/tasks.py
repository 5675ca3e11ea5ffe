"""Frozen job specs: all that a worker needs to know, as plain JSON. Nothing here loads an image or keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal, Self

from convonet.errors import InputError
from convonet.params.data_params import DataParams, Scaling
from convonet.params.files import data_to_dict
from convonet.params.hyper_params import HyperParams
from convonet.params.migrations import VERSION_KEY, hyper_1_to_2
from convonet.params.recipes import TrainRecipe
from convonet.params.search_space import SearchSpace

Split = Literal["train", "val", "test"]
SPEC_VERSION = 2


@dataclass(frozen=True, kw_only=True)
class Task:
    """A job. `kind` names it on the wire; subclasses register themselves.

    Attributes:
        threads: computing threads of the worker; part of the spec, since other numbers give other last digits.
    """

    kind: ClassVar[str]
    registry: ClassVar[dict[str, type[Task]]] = {}
    threads: int | None = None

    def __init_subclass__(cls) -> None:
        Task.registry[cls.kind] = cls

    def anchored(self) -> Self:
        """The same job with absolute paths of images and bases: it may be taken up from another folder."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        with_paths = (DataParams, HyperParams, SearchSpace)
        anchored: dict[str, Any] = {
            name: value.anchored() for name, value in values.items() if isinstance(value, with_paths)
        }
        return replace(self, **anchored)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the spec."""
        values: dict[str, Any] = {"kind": self.kind, VERSION_KEY: SPEC_VERSION}
        for item in fields(self):
            values[item.name] = _plain(getattr(self, item.name))
        return values


@dataclass(frozen=True, kw_only=True)
class TrainTask(Task):
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
        accept_changed_data: go on although the images are no longer those that the run began with.
    """

    kind = "train"
    data: DataParams
    hyper: HyperParams
    validation: bool = True
    recipe: TrainRecipe = "none"
    minutes: float | None = None
    from_model: str | None = None
    then_test: bool = True
    accept_class_map: bool = False
    accept_changed_data: bool = False


@dataclass(frozen=True, kw_only=True)
class TestTask(Task):
    """Evaluate a model on one set.

    Attributes:
        model: a run folder or a model file.
        top_k: an answer counts as right when the truth is among the k likeliest.
        positive, threshold: for two classes; the positive class is predicted at p ≥ threshold.
        min_recall, costs: choose the threshold on validation instead: to find this share of the positives, or
            for the least cost of false alarms and misses.
        calibrate: fit a temperature on validation.
        keep: write threshold, positive class and temperature into the model.
        classes: names for a model that holds none; empty: those of the set.
        accept_class_map: where the class names of the set differ and a complete map is offered, apply it and keep
            it in the run's data parameters.
        into: the run folder that gets the files; None: the job's own.
    """

    kind = "evaluate"
    __test__: ClassVar[bool] = False
    model: str
    data: DataParams
    split: Split = "test"
    top_k: int = 5
    positive: str | None = None
    threshold: float | None = None
    min_recall: float | None = None
    costs: tuple[float, float] | None = None
    calibrate: bool = False
    keep: bool = False
    scaling: Scaling | None = None
    classes: tuple[str, ...] = ()
    accept_class_map: bool = False
    into: str | None = None


@dataclass(frozen=True, kw_only=True)
class PredictTask(Task):
    """Predict images and folders of images."""

    kind = "predict"
    model: str
    paths: tuple[str, ...]
    top: int = 5
    unsure_below: float | None = None
    scaling: Scaling | None = None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SummaryTask(Task):
    """The layer table of the network that the parameters describe, or of a saved model.

    Attributes:
        out: a PNG file that gets the drawing of the network.
    """

    kind = "summary"
    hyper: HyperParams | None = None
    shape: tuple[int, int, int] | None = None
    num_classes: int | None = None
    data: DataParams | None = None
    model: str | None = None
    out: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExportTask(Task):
    """Write a model in another format.

    Attributes:
        format: a name of `EXPORT_FORMATS`.
        out: the file or folder to write; None: beside the model.
        data: whose images the export is checked with; None: those of the model's run.
    """

    kind = "export"
    model: str
    format: str = "onnx"
    out: str | None = None
    data: DataParams | None = None
    scaling: Scaling | None = None


def _plain(value: Any) -> Any:
    if isinstance(value, DataParams):
        return data_to_dict(value)
    if isinstance(value, HyperParams):
        return {name: list(v) if isinstance(v, tuple) else v for name, v in value.set_values().items()}
    if isinstance(value, SearchSpace):
        return value.to_dict()
    return list(value) if isinstance(value, tuple) else value


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
    known = {item.name for item in fields(kind)}
    if unknown := sorted(set(values) - known):
        raise InputError(
            "The job has unknown keys", expected=", ".join(sorted(known)), received=", ".join(unknown)
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
        elif isinstance(item, list):
            values[name] = tuple(item)
    return kind(**values)


def _spec_1_to_2(values: dict[str, Any]) -> dict[str, Any]:
    """A job of version 0.1 keeps the last epoch."""
    hypers = {name: values[name] for name in ("hyper", "space") if values.get(name) is not None}
    return values | {name: hyper_1_to_2(hyper) for name, hyper in hypers.items()}
