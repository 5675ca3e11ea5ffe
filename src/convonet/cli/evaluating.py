"""`evaluate`, `predict`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from convonet.atomic import check_place
from convonet.cli import completion
from convonet.cli import options as opt
from convonet.cli.given import data_params, present
from convonet.cli.output import percent, print_json, print_table
from convonet.cli.scores import print_scores
from convonet.cli.work import ask, do_new_run
from convonet.documents.evaluation import EvaluateDocument
from convonet.documents.predictions import Prediction, Predictions, UnreadableImage
from convonet.errors import InputError
from convonet.inference.labels import read_labels
from convonet.params import DataParams
from convonet.params.data_params import Scaling
from convonet.runs import RECORD, Run
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.documents import read_result
from convonet.session.models import model_path, write_predictions
from convonet.tasks import EvaluateTask, PredictTask, Split, TrainTask

Model = Annotated[
    str,
    typer.Argument(
        help="A run's folder or id, or a .keras, .h5 or .onnx file.", autocompletion=completion.models
    ),
]

Labels = Annotated[
    Path | None,
    typer.Option("--labels", help="File with the class names (labels.txt), for a model that has none."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(evaluate)
    app.command()(predict)


def evaluate(
    model: Model,
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="DIR",
            help="Test images, the same as --test-dir. With --split train or --split val: training images, the same as "
            "--train-dir.",
        ),
    ] = None,
    data: opt.DataFile = None,
    settings: opt.Set = None,
    split: Annotated[str, typer.Option("--split", help="test, val or train.")] = "test",
    top_k: Annotated[
        int,
        typer.Option(
            "--top-k",
            metavar="K",
            min=1,
            help="K of the top-k accuracy: the fraction of images whose true class is among the K most likely.",
        ),
    ] = 5,
    positive: Annotated[
        str | None, typer.Option("--positive", help="Positive class of a model with two classes.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", min=0, max=1, help="Predict the positive class at or above this probability."
        ),
    ] = None,
    min_recall: Annotated[
        float | None,
        typer.Option(
            "--min-recall",
            min=0,
            max=1,
            help="Choose the threshold that reaches this recall on the validation images.",
        ),
    ] = None,
    costs: Annotated[
        str | None,
        typer.Option(
            "--costs",
            metavar="FP,FN",
            help="Choose the threshold with the lowest total cost on the validation images. FP: cost of a false alarm; "
            "FN: cost of a miss.",
        ),
    ] = None,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            help="Fit a temperature on validation images, so that about 90% of the predictions with a confidence of "
            "90% are correct.",
        ),
    ] = False,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Save the threshold, positive class and temperature in the model."),
    ] = False,
    outside: Annotated[
        list[Path] | None,
        typer.Option(
            "--outside",
            help="Images that belong to none of the classes, to measure how well the model detects them.",
        ),
    ] = None,
    labels: Labels = None,
    scaling: opt.Scaling = None,
    out: opt.Out = None,
    name: opt.Name = None,
    threads: opt.Threads = None,
    train_dir: opt.TrainDir = None,
    test_dir: opt.TestDir = None,
    val_dir: opt.ValDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    prepared_limit: opt.PreparedLimit = None,
    accept_class_map: opt.AcceptClassMap = False,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Test a model: scores with confidence intervals, per-class table, confusion matrix."""
    path, chosen = model_path(model), one_of("--split", split, Split)
    given = _data_of(
        path,
        data,
        settings,
        folder=folder,
        folder_is="test_dir" if chosen == "test" else "train_dir",
        train_dir=train_dir,
        test_dir=test_dir,
        val_dir=val_dir,
        image_size=image_size,
        channels=channels,
        prepared_limit=prepared_limit,
    )
    own = path.is_dir() and (path / RECORD).is_file() and out is None
    task = EvaluateTask(
        model=str(path),
        data=given,
        split=chosen,
        top_k=top_k,
        positive=positive,
        threshold=threshold,
        min_recall=min_recall,
        costs=_costs(costs),
        calibrate=calibrate,
        keep=keep,
        outside=present(outside) if outside else (),
        scaling=checked_scaling(scaling),
        classes=read_labels(labels) if labels else (),
        accept_class_map=accept_class_map,
        into=str(path) if own else None,
        threads=threads,
    )
    if own:
        result = EvaluateDocument.of(ask(task, progress))
    else:
        run = begin_run(task, results_folder(task, out), name=name)
        do_new_run(run, threads, progress)
        result = EvaluateDocument.of(read_result(run))
    if json:
        print_json(result)
    else:
        print_scores(result)


def predict(
    model: Model,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Images and folders of images.")],
    top: Annotated[int, typer.Option("--top", min=1, help="Number of classes to show per image.")] = 5,
    unsure_below: Annotated[
        float | None,
        typer.Option(
            "--unsure-below", min=0, max=1, help="Mark predictions below this confidence as unsure."
        ),
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write the predictions as CSV.")] = None,
    labels: Labels = None,
    scaling: opt.Scaling = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Predict the classes of new images."""
    if csv is not None:
        check_place(csv)
    task = PredictTask(
        paths=present(paths),
        model=str(model_path(model)),
        top=top,
        unsure_below=unsure_below,
        scaling=checked_scaling(scaling),
        classes=read_labels(labels) if labels else (),
    )
    answer = Predictions.of(ask(task, progress))
    predictions = answer.predictions
    if csv is not None:
        write_predictions(csv, predictions)
    if json:
        print_json(predictions)
    else:
        _print_predictions(answer)
    missing = not all(map(os.path.exists, task.paths))
    if missing or (predictions and all(isinstance(item, UnreadableImage) for item in predictions)):
        raise typer.Exit(1)


def _data_of(path: Path, file: Path | None, settings: list[str] | None, **given: Any) -> DataParams:
    """The given data parameters, otherwise those that the run was trained with."""
    task = Run.open(path).task() if (path / RECORD).is_file() else None
    known = task.data if isinstance(task, TrainTask) else None
    return data_params(file, settings, known=known, **given)


def _costs(text: str | None) -> tuple[float, float] | None:
    """Two costs, or None."""
    if text is None:
        return None
    try:
        false_alarm, miss = (float(part) for part in text.split(","))
    except ValueError as error:
        expected = "FP,FN: the cost of a false alarm and of a miss, such as 1,5"
        raise InputError(
            "--costs needs two numbers", where="--costs", expected=expected, received=text
        ) from error
    return false_alarm, miss


def checked_scaling(text: str | None) -> Any:
    """The scaling that was named, or None."""
    return None if text is None else one_of("--scaling", text, Scaling)


def one_of(option: str, text: str, choices: Any) -> Any:
    if text not in get_args(choices):
        expected = ", ".join(get_args(choices))
        raise InputError("Unknown value", where=option, expected=expected, received=text)
    return text


def _print_predictions(found: Predictions) -> None:
    print_table(("image", "prediction", "confidence"), [_cells(item) for item in found.predictions])


def _cells(item: Prediction | UnreadableImage) -> list[str | None]:
    if isinstance(item, UnreadableImage):
        return [item.path, item.error, None]
    if item.unknown:
        words = f"none of these (nearest: {item.predicted})"
    else:
        words = item.predicted + (" (unsure)" if item.unsure else "")
    return [item.path, words, percent(item.confidence)]
