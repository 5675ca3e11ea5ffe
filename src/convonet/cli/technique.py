"""`augment`, `find-rate`: looks before a training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from convonet.cli import options as opt
from convonet.cli.given import data_params, hyper_params
from convonet.cli.output import print_json, say
from convonet.cli.work import ask
from convonet.documents.drawings import AugmentDocument, RateCurveDocument
from convonet.params import DataParams, HyperParams
from convonet.runs.environment import available_cores
from convonet.tasks import AugmentTask, FindRateTask


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(augment)
    app.command(name="find-rate")(find_rate)


def augment(
    folder: opt.Folder = None,
    data: opt.DataFile = None,
    hyper: opt.HyperFile = None,
    settings: opt.Set = None,
    out: Annotated[Path, typer.Option("--out", help="The PNG file to write.")] = Path("augmented.png"),
    images: Annotated[int, typer.Option("--images", min=1, max=50, help="Number of images.")] = 6,
    copies: Annotated[
        int, typer.Option("--copies", min=1, max=50, help="Number of variations per image.")
    ] = 7,
    into: Annotated[
        Path | None,
        typer.Option("--into", help="Also write the variations of all training images to this folder."),
    ] = None,
    seed: opt.Seed = None,
    train_dir: opt.TrainDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    json: opt.Json = False,
) -> None:
    """Draw training images with their augmented variations."""
    given, values = _given(
        data,
        hyper,
        settings,
        seed,
        folder=folder,
        train_dir=train_dir,
        image_size=image_size,
        channels=channels,
    )
    task = AugmentTask(
        data=given,
        hyper=values,
        images=images,
        copies=copies,
        out=str(out.resolve()),
        into=None if into is None else str(into.resolve()),
    )
    answer = AugmentDocument.of(ask(task))
    if json:
        print_json(answer)
    else:
        say(answer.path)


def find_rate(
    folder: opt.Folder = None,
    data: opt.DataFile = None,
    hyper: opt.HyperFile = None,
    settings: opt.Set = None,
    out: Annotated[Path, typer.Option("--out", help="PNG file for the curve.")] = Path("rate_finder.png"),
    low: Annotated[float, typer.Option("--low", help="Lowest rate.")] = 1e-6,
    high: Annotated[float, typer.Option("--high", help="Highest rate.")] = 1.0,
    steps: Annotated[int, typer.Option("--steps", min=10, help="Number of batches, one per rate.")] = 100,
    seed: opt.Seed = None,
    threads: opt.Threads = None,
    train_dir: opt.TrainDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Find a good learning rate: measure the loss at increasing rates."""
    given, values = _given(
        data,
        hyper,
        settings,
        seed,
        folder=folder,
        train_dir=train_dir,
        image_size=image_size,
        channels=channels,
    )
    task = FindRateTask(
        data=given,
        hyper=values,
        low=low,
        high=high,
        steps=steps,
        out=str(out.resolve()),
        threads=threads or available_cores(),
    )
    answer = RateCurveDocument.of(ask(task, progress))
    if json:
        print_json(answer)
        return
    found = answer.suggested
    say(
        "The loss did not fall at any of the learning rates."
        if found is None
        else f"A good learning rate to start with: {found:.2g}"
    )
    say(answer.path)


def _given(
    data: Path | None,
    hyper: Path | None,
    settings: list[str] | None,
    seed: int | None,
    **images: Any,
) -> tuple[DataParams, HyperParams]:
    given = data_params(data, settings, **images)
    return given, hyper_params(hyper, settings, seed=seed)
