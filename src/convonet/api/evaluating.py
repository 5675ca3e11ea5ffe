"""Score a model, ask it for answers, repeat its training, and write it in other formats."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convonet.api.execution import answer_of
from convonet.api.inputs import Data, Listener, data_of
from convonet.api.results import TrainedRun, TunedRun
from convonet.evaluation.models import open_predictor
from convonet.inference.answers import answers
from convonet.params import DataParams
from convonet.runs import Run
from convonet.tasks import EvaluateTask, ExportTask, PredictTask, Split, TrainTask, VerifyTask
from convonet.text import absolute, local_path


def evaluate(
    model: str | os.PathLike[str] | TrainedRun,
    data: Data | None = None,
    *,
    split: Split = "test",
    top_k: int = 5,
    positive: str | None = None,
    threshold: float | None = None,
    min_recall: float | None = None,
    costs: tuple[float, float] | None = None,
    calibrate: bool = False,
    keep: bool = False,
    scaling: Any = None,
    classes: Sequence[str] = (),
    accept_class_map: bool = False,
    listen: Listener = None,
) -> dict[str, Any]:
    """Score a model on a set; for a run folder the files are written into it.

    Args:
        data: None: what the run was trained with. The path of a folder or table: the test images, or with another
            split the training images; all else stays as the run was trained.
        min_recall: choose the threshold on validation to find this share of the positives, 0..1.
        costs: or for the least cost of false alarms and misses.
        calibrate: fit a temperature on validation.
        keep: write threshold, positive class and temperature into the model.
        classes: names for a model that holds none, in the order of its outputs.
        accept_class_map: where class names of the images differ from the model's and each has one likely match, take
            the matches as the same classes.

    Returns:
        The document that `convonet evaluate --json` prints.
    """
    path = model.path if isinstance(model, TrainedRun) else Path(local_path(model))
    own = (path / "run.json").is_file()
    values = _data_to_test(data, path, split, own)
    task = EvaluateTask(
        model=str(path),
        data=values,
        split=split,
        top_k=top_k,
        positive=positive,
        threshold=threshold,
        min_recall=min_recall,
        costs=costs,
        calibrate=calibrate,
        keep=keep,
        scaling=scaling,
        classes=tuple(classes),
        accept_class_map=accept_class_map,
        into=str(path.resolve()) if own else None,
    )
    return answer_of(task, listen)


def verify(
    run: str | os.PathLike[str] | TrainedRun | TunedRun,
    *,
    data: Data | None = None,
    listen: Listener = None,
) -> dict[str, Any]:
    """Repeat a training, a search or a study and compare, to the last digit.

    Args:
        data: where the images are now, if they have moved; a path is that of the training images.

    Returns:
        The document that `convonet verify --json` prints: `equal`, `difference`, `sentence` …

    Raises:
        RunNotFoundError: no such run.
        InputError: a run that is not done, or of a kind that cannot be repeated.
    """
    path = run.path if isinstance(run, (TrainedRun, TunedRun)) else Path(local_path(run))
    threads = Run.open(path).task().threads
    folders = None if data is None else data_of(data)
    return answer_of(VerifyTask(run=str(path.resolve()), data=folders, threads=threads), listen)


def predict(
    model: str | os.PathLike[str] | TrainedRun,
    images: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | np.ndarray,
    *,
    top: int = 5,
    unsure_below: float | None = None,
    scaling: Any = None,
) -> list[dict[str, Any]]:
    """Tell the class of images.

    Args:
        images: paths of images and folders; or an array of uint8 pixels that has the model's size: one image
            (H, W) or (H, W, C), or a batch (N, H, W, C). For an array, `path` in the answer says which it was.

    Returns:
        One document an image, as `convonet predict --json` prints.
    """
    path = model.path if isinstance(model, TrainedRun) else Path(local_path(model))
    if isinstance(images, np.ndarray):
        return _predict_array(path, images, top, scaling)
    given = [images] if isinstance(images, (str, os.PathLike)) else list(images)
    task = PredictTask(
        model=str(path),
        paths=tuple(os.fspath(item) for item in given),
        top=top,
        unsure_below=unsure_below,
        scaling=scaling,
    )
    predictions: list[dict[str, Any]] = answer_of(task, None)["predictions"]
    return predictions


def export(
    model: str | os.PathLike[str] | TrainedRun,
    format: str = "onnx",
    *,
    out: str | os.PathLike[str] | None = None,
    data: Data | None = None,
    scaling: Any = None,
    listen: Listener = None,
) -> dict[str, Any]:
    """Write a model in another format, checked image by image against keras, or not at all.

    Args:
        format: onnx, folder, openvino, litert or torch.
        out: the file or folder to write; None: beside the model.
        data: whose images the export is checked with; None: those of the model's run.

    Returns:
        The document that `convonet export --json` prints.

    Raises:
        InputError: no such format, or what it needs is not installed.
        ModelFileError: the model cannot be exported, or the export gives other answers.
    """
    path = model.path if isinstance(model, TrainedRun) else Path(local_path(model))
    task = ExportTask(
        model=str(path.resolve()),
        format=format,
        out=absolute(out) if out is not None else None,
        data=data_of(data) if data is not None else None,
        scaling=scaling,
    )
    return answer_of(task, listen)


def _predict_array(path: Path, images: np.ndarray, top: int, scaling: Any) -> list[dict[str, Any]]:
    predictor = open_predictor(path, scaling=scaling)
    single = images.ndim < 4
    batch = images.reshape((1, *images.shape)) if single else images
    batch = batch[..., np.newaxis] if batch.ndim == 3 else batch
    probabilities = predictor.predict(batch)
    places = ["one image"] if single else [f"batch[{place}]" for place in range(len(batch))]
    return answers(probabilities, predictor.info, places, top=top)


def _data_to_test(data: Data | None, model: Path, split: Split, own: bool) -> DataParams:
    """The data of an evaluation: given as a whole, or one folder in place of one that the run was trained with."""
    if data is None:
        return _trained_on(model)
    if isinstance(data, (DataParams, Mapping)) or Path(data).suffix.lower() == ".json":
        return data_of(data)
    known = _trained_on(model) if own else DataParams()
    return known.changed(**{"test_dir" if split == "test" else "train_dir": os.fspath(data)})


def _trained_on(path: Path) -> DataParams:
    task = Run.open(path).task()
    return task.data if isinstance(task, TrainTask) else DataParams()
