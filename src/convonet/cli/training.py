"""`demo`, `train`, `resume`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from convonet.cli import completion
from convonet.cli import options as opt
from convonet.cli.given import data_params, hyper_params, moved_images
from convonet.cli.output import interval_text, note, percent, print_json, say
from convonet.cli.results import print_run, work_and_print
from convonet.cli.work import do_run
from convonet.documents.evaluation import EvaluationDocument
from convonet.launch.resume import prepare_resume
from convonet.params.recipes import recipe_of
from convonet.runs import Run, RunStore
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.documents import train_document
from convonet.runs.environment import available_cores
from convonet.session.demo import demo_task
from convonet.session.models import model_path
from convonet.tasks import PredictTask, TrainTask
from convonet.tasks.shown_as import as_command
from convonet.tasks.task import ExecutorName
from convonet.trackers import checked_addresses
from convonet.trackers.addresses import track_run


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(demo)
    app.command()(train)
    app.command()(resume)


def demo(
    out: Annotated[Path | None, typer.Option("--out", help="Parent folder of the run.")] = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Train and test on handwritten digits, without a download, and show the result."""
    # On standard error: --json prints one document and nothing else.
    note("Convonet learns to read 1,797 handwritten digits of 8 × 8 pixels. Nothing is downloaded.")
    task = demo_task()
    run = begin_run(task, results_folder(task, out))
    do_run(run, task.threads, progress)
    _print_demo(run, json)


def train(
    folder: opt.Folder = None,
    data: opt.DataFile = None,
    hyper: opt.HyperFile = None,
    settings: opt.Set = None,
    no_validation: Annotated[
        bool, typer.Option("--no-validation", help="Train on all training images, without validation images.")
    ] = False,
    from_model: Annotated[
        str | None,
        typer.Option("--from", metavar="MODEL", help="Start from the weights of a run or a model file."),
    ] = None,
    recipe: Annotated[
        opt.TrainRecipeName | None,
        typer.Option(
            "--recipe",
            help="auto: plan the training for your images; fast: train only the quick candidates; "
            "best: like auto, with more time for fine-tuning; "
            "none: train one network with exactly the values you set.",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes", min=0.1, help="Time budget of the recipe in minutes. Default: 5; for best: 30."
        ),
    ] = None,
    test: Annotated[
        bool,
        typer.Option(
            "--test",
            help="No longer needed: the model is always tested if there are test images.",
        ),
    ] = False,
    seed: opt.Seed = None,
    out: opt.Out = None,
    name: opt.Name = None,
    threads: opt.Threads = None,
    track: opt.Track = None,
    workers: Annotated[
        int,
        typer.Option("--workers", min=1, max=64, help="Number of processes that share each batch."),
    ] = 1,
    executor: Annotated[
        str,
        typer.Option(
            "--executor", help="local: processes on this machine; ray: a Ray cluster (RAY_ADDRESS)."
        ),
    ] = "local",
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
    """Train a classifier on a folder of images, and test it if there are test images."""
    given = data_params(
        data,
        settings,
        folder=folder,
        train_dir=train_dir,
        test_dir=test_dir,
        val_dir=val_dir,
        image_size=image_size,
        channels=channels,
        prepared_limit=prepared_limit,
    )
    values = hyper_params(hyper, settings, seed=seed)
    task = TrainTask(
        data=given,
        hyper=values,
        validation=not no_validation,
        recipe=recipe_of(
            None if recipe is None else recipe.value,
            values.set_values(),
            minutes=minutes,
            hyper_given=hyper is not None,
            from_model=from_model is not None,
        ),
        minutes=minutes,
        # The run keeps the file itself, not a run's id: ids may be renamed or deleted before a resume.
        from_model=str(model_path(from_model)) if from_model else None,
        accept_class_map=accept_class_map,
        threads=threads or available_cores(),
        workers=workers,
        # The task names the choices where it is none of them.
        executor=cast(ExecutorName, executor),
    )
    # Before the run begins: a tracker that is not installed leaves no run folder.
    trackers = checked_addresses(track or ())
    run = begin_run(task, results_folder(task, out), name=name)
    track_run(run, trackers)
    work_and_print(run, progress, json)


def resume(
    run: Annotated[str, typer.Argument(help="A run's folder or id.", autocompletion=completion.runs)],
    accept_changed_data: Annotated[
        bool, typer.Option("--accept-changed-data", help="Continue even if images have changed.")
    ] = False,
    data: opt.DataFile = None,
    train_dir: opt.TrainDir = None,
    test_dir: opt.TestDir = None,
    val_dir: opt.ValDir = None,
    root: opt.Root = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Continue a run that was stopped or killed, or that failed.

    If the images have moved, give their new folder. Their content must be the same.
    """
    # Runs lie below ./runs by default, and their index may belong to another user or machine.
    found = RunStore(root or Path("runs")).find(run)
    images = moved_images(data, train_dir=train_dir, test_dir=test_dir, val_dir=val_dir)
    # A run that has ended shows its result again: a script may call resume until it succeeds.
    if not prepare_resume(found, accept_changed_data=accept_changed_data, data=images):
        print_run(found, json)
        return
    work_and_print(found, progress, json)


def _print_demo(run: Run, as_json: bool) -> None:
    scores = EvaluationDocument.read(run.file(EvaluationDocument.file_name("test")))
    pictures = sorted(str(path) for path in run.path.glob("*.png"))
    if as_json:
        print_json(train_document(run).changed(evaluation=scores, pictures=pictures))
        return
    say(
        f"Test accuracy {percent(scores.accuracy)} on {scores.images} held-out digits "
        f"({interval_text(scores.accuracy_interval)}); "
        f"always predicting the most common class gives {percent(scores.baseline_accuracy)}."
    )
    say(f"Run folder: {run.path}")
    say(f"Report: {run.file('report.html')}")
    say("Pictures:")
    for picture in pictures:
        say(f"  {picture}")
    say("What you can do next, with your own files in place of the words in capitals:")
    say(f"  {as_command(PredictTask(model=str(run.path), paths=('IMAGE',)))}")
    say("  convonet train FOLDER")
