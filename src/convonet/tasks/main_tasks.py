"""The specs of the main jobs: training, evaluation, prediction, the layer table, exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, InstanceOf, field_validator

from convonet.errors import nearest
from convonet.params.data_params import DataParams, Scaling
from convonet.params.hyper_params import HyperParams
from convonet.params.recipes import TrainRecipe
from convonet.tasks.export_formats import EXPORT_FORMATS, EXPORT_OPTIONS
from convonet.tasks.task import ExecutorName, ResumableTask, Split, Task

Cost = Annotated[float, Field(ge=0)]
Size = Annotated[int, Field(ge=1)]


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
        # Both are 1 unless they are set, so the larger one is what was asked for.
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
        values = {name: getattr(self, name) for name in EXPORT_OPTIONS}
        # By identity, since an allowed loss of 0.0 is equal to False and must be kept.
        return {name: value for name, value in values.items() if value is not None and value is not False}

    @field_validator("format")
    @classmethod
    def _check_format(cls, value: str) -> str:
        if value not in EXPORT_FORMATS:
            near = nearest(value, EXPORT_FORMATS)
            hint = f" (did you mean {near}?)" if near else ""
            raise ValueError(f"format: expected one of {', '.join(EXPORT_FORMATS)}, received {value!r}{hint}")
        return value
