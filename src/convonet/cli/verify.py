"""`verify`: a run done once more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convonet.cli import completion
from convonet.cli import options as opt
from convonet.cli.given import moved_images
from convonet.cli.output import print_json, say
from convonet.cli.work import ask
from convonet.documents.repetition import VerifyDocument
from convonet.params.computing_params import Precision
from convonet.runs import RunStore
from convonet.tasks import VerifyTask


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(verify)


def verify(
    run: Annotated[str, typer.Argument(help="A run's folder or id.", autocompletion=completion.runs)],
    data: opt.DataFile = None,
    train_dir: opt.TrainDir = None,
    test_dir: opt.TestDir = None,
    val_dir: opt.ValDir = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            help="Device to repeat the run on, such as cpu or cuda; only the scores are compared. For training "
            "runs without a recipe.",
        ),
    ] = None,
    precision: Annotated[
        Precision | None,
        typer.Option(
            "--precision",
            help="Precision to repeat the run with; the scores are compared. Only for training runs without a recipe.",
        ),
    ] = None,
    root: opt.Root = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Repeat a training run, search or study and compare the numbers. Exit code 1 if they differ.

    If the images have moved, give their new folder. Their content must be the same.
    """
    found = RunStore(root or Path("runs")).find(run)
    images = moved_images(data, train_dir=train_dir, test_dir=test_dir, val_dir=val_dir)
    task = VerifyTask(
        run=str(found.path.resolve()),
        data=images,
        device=device,
        precision=precision,
        threads=found.task().threads,
    )
    answer = VerifyDocument.of(ask(task, progress))
    if json:
        print_json(answer)
    else:
        say(answer.sentence)
    if not answer.equal:
        raise typer.Exit(1)
