"""Evaluate a model, verify a run, and export a model to other formats."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convonet.api.array_sets import ArrayData, held_as_files, is_array_data
from convonet.api.execution import answer_of
from convonet.api.inputs import (
    Data,
    HasPath,
    Listener,
    Model,
    PathLike,
    data_of,
    model_path,
    optional_path,
    run_of,
)
from convonet.api.results import EvaluationResult
from convonet.params import DataParams
from convonet.params.computing_params import Precision
from convonet.runs import Run
from convonet.tasks import EvaluateTask, ExportTask, Split, TrainTask, VerifyTask
from convonet.text import absolute


def evaluate(
    model: Model,
    data: Data | ArrayData | None = None,
    *,
    split: Split = "test",
    top_k: int = 5,
    positive: str | None = None,
    threshold: float | None = None,
    min_recall: float | None = None,
    costs: tuple[float, float] | None = None,
    calibrate: bool = False,
    keep: bool = False,
    outside: Sequence[str | os.PathLike[str]] = (),
    scaling: Any = None,
    classes: Sequence[str] = (),
    max_value: float | None = None,
    accept_class_map: bool = False,
    listen: Listener = None,
    progress: bool | None = None,
) -> EvaluationResult:
    """Evaluate a model on a set of images. If the model is a run folder, the results are written to it.

    Args:
        model: a run folder, the id of a run, a model file, or the result of `train` or `load`.
        data: None uses the images of the run. The path of a folder or table replaces the
            test images, or, with a different split, the training images; all other data parameters stay the same.
            Arrays `(X, y)`, a PyTorch `Dataset` or a Keras `PyDataset` are the images of the split, and
            nothing is written to the run.
        split: `test`, `val` or `train`.
        top_k: K of the top-K accuracy: a prediction counts as correct if the true class is among the K most likely.
        positive: the positive class of a model with two classes.
        threshold: the positive class is predicted if its probability is at least this value, 0..1.
        min_recall: choose the threshold on the validation images so that this fraction of the positives is
            found, 0..1.
        costs: choose the threshold with the lowest cost instead: the cost of a false alarm and of a miss,
            each 0 or more.
        calibrate: fit a temperature on the validation images.
        keep: save the threshold, positive class and temperature in the model.
        outside: images, or folders of images, that belong to none of the classes. The result then reports
            how well they are detected.
        scaling: pixel scaling of a model made elsewhere, if its file does not contain it.
        classes: class names for a model that contains none, in the order of its outputs.
        max_value: the value of white in floating-point arrays: 1 for pixels 0..1, 255 for pixels 0..255.
        accept_class_map: if class names of the images differ from those of the model and each has one likely
            match, treat the matches as the same classes.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Returns:
        The document that `convonet evaluate --json` prints. `result["accuracy"]` and `result.accuracy` are the
        same.

    Raises:
        InputError: the model or the images cannot be used.
    """
    path = model_path(model)
    own = (path / "run.json").is_file()
    with held_as_files(data, max_value=max_value, names=_names(path, classes)) as given:
        arrays = is_array_data(data)
        task = EvaluateTask(
            model=str(path),
            data=_data_to_test(given, path, split, own),
            split=split,
            top_k=top_k,
            positive=positive,
            threshold=threshold,
            min_recall=min_recall,
            costs=costs,
            calibrate=calibrate,
            keep=keep,
            outside=tuple(str(absolute(path)) for path in outside),
            scaling=scaling,
            classes=tuple(classes),
            accept_class_map=accept_class_map,
            # The record of a run does not point to arrays that are gone when this process ends.
            into=str(path.resolve()) if own and not arrays else None,
        )
        return EvaluationResult(answer_of(task, listen, progress))


def verify(
    run: PathLike | HasPath,
    *,
    data: Data | None = None,
    device: str | None = None,
    precision: Precision | None = None,
    listen: Listener = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Repeat a training run, a search or a study, and check that every number is the same.

    Args:
        run: the run folder, the id of the run, or the result of `train` or `tune`.
        data: the images, if they have moved. A path is the folder of the training images.
        device: repeat a training run on this device instead of the original one, and compare the scores.
        precision: repeat a training run with this precision instead of the original one, and compare the scores.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Returns:
        The document that `convonet verify --json` prints: `equal`, `difference`, `sentence` …

    Raises:
        RunNotFoundError: the run does not exist.
        InputError: the run is not done, or runs of this kind cannot be repeated.
    """
    found = run_of(run)
    folders = None if data is None else data_of(data)
    task = VerifyTask(
        run=str(found.path),
        data=folders,
        device=device,
        precision=precision,
        # Another number of threads would give other last digits.
        threads=found.task().threads,
    )
    return answer_of(task, listen, progress)


def export(
    model: Model,
    format: str = "onnx",
    *,
    out: PathLike | None = None,
    data: Data | None = None,
    scaling: Any = None,
    fetch: bool = False,
    runtime: PathLike | None = None,
    unchecked: bool = False,
    max_loss: float | None = None,
    listen: Listener = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Export a model to another format, and compare its predictions with those of the original.

    Args:
        model: a run folder, the id of a run, a model file, or the result of `train` or `load`.
        format: `onnx`, `onnx-int8`, `folder`, `web`, `openvino`, `litert` or `torch`.
        out: the file or folder to write; None: beside the model.
        data: the images with which the export is checked; None: those of the model's run.
        scaling: pixel scaling of a model made elsewhere, if its file does not contain it.
        fetch: for `web`: download ONNX Runtime Web with npm if it is not on this machine.
        runtime: for `web`: a package or folder that contains ONNX Runtime Web.
        unchecked: for `web`: write the page even if there is no browser to check it in.
        max_loss: for `onnx-int8`: the largest acceptable drop in accuracy, 0–1; None: 0.01.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Returns:
        The document that `convonet export --json` prints.

    Raises:
        InputError: the format does not exist, or a package that it needs is not installed.
        ModelFileError: the model cannot be exported, or the export gives different predictions.
    """
    task = ExportTask(
        model=str(model_path(model).resolve()),
        format=format,
        out=optional_path(out),
        data=data_of(data) if data is not None else None,
        scaling=scaling,
        fetch=fetch,
        runtime=optional_path(runtime),
        unchecked=unchecked,
        max_loss=max_loss,
    )
    return answer_of(task, listen, progress)


def _data_to_test(data: Data | None, model: Path, split: Split, own: bool) -> DataParams:
    """The data of an evaluation: complete data parameters, or one folder that replaces a folder of the run."""
    if data is None:
        return _trained_on(model)
    if isinstance(data, (DataParams, Mapping)) or Path(data).suffix.lower() == ".json":
        return data_of(data)
    known = _trained_on(model) if own else DataParams()
    return known.changed(**{"test_dir" if split == "test" else "train_dir": os.fspath(data)})


def _trained_on(path: Path) -> DataParams:
    task = Run.open(path).task()
    return task.data if isinstance(task, TrainTask) else DataParams()


def _names(path: Path, classes: Sequence[str]) -> tuple[str, ...]:
    """The class names for numeric labels in an array."""
    if classes or not (path / "run.json").is_file():
        return tuple(classes)
    data = Run(path).read().data
    return () if data is None else data.classes
