"""`mark`, `suspects`: the repair list beside the data, and what may belong into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from convonet.cli import options as opt
from convonet.cli.given import data_params, hyper_params
from convonet.cli.output import print_json, say
from convonet.cli.results import work_and_print
from convonet.data.marking import Change, MarkedImage, list_marks, mark_images
from convonet.data.table_columns import path_cells
from convonet.data.table_file import read_table_file
from convonet.documents.marks import marks_file
from convonet.errors import InputError
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.environment import available_cores
from convonet.tasks import SuspectsTask
from convonet.text import counted


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(mark)
    app.command()(suspects)


def mark(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="The set: a folder, or a CSV, TSV or .npz file.")
    ],
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Images to mark. If none are given, the marks are listed."),
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", metavar="CLASS", help="The class that these images belong to.")
    ] = None,
    leave_out: Annotated[bool, typer.Option("--leave-out", help="Leave these images out.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Remove the marks from these images.")] = False,
    table: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Also mark the images listed in the path column of this CSV file."
        ),
    ] = None,
    first: Annotated[
        int | None,
        typer.Option("--first", min=1, metavar="N", help="Use only the first N images of that file."),
    ] = None,
    settings: opt.Set = None,
    json: opt.Json = False,
) -> None:
    """Correct the labels of images, or leave images out of training and testing. No files are moved."""
    data = data_params(None, settings, train_dir=folder)
    wanted = list(dict.fromkeys([*(paths or []), *_paths_in(table, first)]))
    change = _change(wanted, label, leave_out, undo)
    marks = list_marks(data) if change is None else mark_images(data, wanted, change)
    if json:
        print_json(_document(marks))
    else:
        _print(marks)


def _change(paths: list[str], label: str | None, leave_out: bool, undo: bool) -> Change | None:
    """The requested change; None: list the marks."""
    asked = [
        name
        for name, said in (("--label", label is not None), ("--leave-out", leave_out), ("--undo", undo))
        if said
    ]
    if not paths and not asked:
        return None
    if not paths:
        raise InputError("No images were given", expected=f"one or more images after DIR with {asked[0]}")
    if len(asked) != 1:
        received = " and ".join(asked) or "none of them"
        raise InputError(
            "Choose one action for the images", expected="--label, --leave-out or --undo", received=received
        )
    return Change(label, undo)


def _paths_in(table: Path | None, first: int | None) -> list[str]:
    return [] if table is None else path_cells(read_table_file(table))[:first]


def _document(marks: list[MarkedImage]) -> dict[str, Any]:
    files = list(dict.fromkeys(str(marks_file(image.root)) for image in marks))
    return {"marks": [image.row() for image in marks], "files": files}


def _print(marks: list[MarkedImage]) -> None:
    document = _document(marks)
    for image in marks:
        say(image.sentence())
    where = f" in {', '.join(document['files'])}" if marks else ""
    say(f"{counted(len(marks), 'image is', 'images are')} marked{where}")


def suspects(
    folder: opt.Folder = None,
    data: opt.DataFile = None,
    hyper: opt.HyperFile = None,
    settings: opt.Set = None,
    folds: Annotated[
        int,
        typer.Option(
            "--folds",
            min=2,
            help="Number of folds. Each image is predicted by a model that was trained on the other folds.",
        ),
    ] = 5,
    repeats: Annotated[
        int, typer.Option("--repeats", min=1, help="Number of seeds whose predictions are averaged.")
    ] = 3,
    seed: opt.Seed = None,
    out: opt.Out = None,
    name: opt.Name = None,
    threads: opt.Threads = None,
    train_dir: opt.TrainDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """List training images with suspicious labels, found by models that were not trained on them."""
    given = data_params(
        data, settings, folder=folder, train_dir=train_dir, image_size=image_size, channels=channels
    )
    values = hyper_params(hyper, settings, seed=seed)
    cores = threads or available_cores()
    task = SuspectsTask(data=given, hyper=values, folds=folds, repeats=repeats, threads=cores)
    work_and_print(begin_run(task, results_folder(task, out), name=name), progress, json)
