"""`demo`, `train`, `resume`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convonet.cli import options as opt

if TYPE_CHECKING:
    from convonet.runs import Run


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
    """The whole way on handwritten digits that need no download: train, test, show."""
    from convonet.cli.output import note
    from convonet.cli.work import do_run
    from convonet.runs.begin import begin_run, results_folder
    from convonet.workbench.demo import demo_task

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
        bool, typer.Option("--no-validation", help="Train on all images and hold none out.")
    ] = False,
    from_model: Annotated[
        str | None, typer.Option("--from", metavar="MODEL", help="Go on from a run's or file's weights.")
    ] = None,
    recipe: Annotated[
        opt.TrainRecipeName | None,
        typer.Option(
            "--recipe",
            help="auto plans the training for the images; fast takes the first good model, best takes longer; "
            "none trains exactly what is set.",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", min=0.1, help="Time budget of the recipe. Default: 5, best: 30."),
    ] = None,
    test: Annotated[
        bool,
        typer.Option(
            "--test",
            help="Does nothing: the model is always evaluated on the test images where there are some.",
        ),
    ] = False,
    seed: opt.Seed = None,
    out: opt.Out = None,
    name: opt.Name = None,
    threads: opt.Threads = None,
    train_dir: opt.TrainDir = None,
    test_dir: opt.TestDir = None,
    val_dir: opt.ValDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    accept_class_map: opt.AcceptClassMap = False,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Train a network on a folder of images, and evaluate it on the test images where there are some."""
    from convonet.cli.given import data_params, search_space
    from convonet.params.recipes import recipe_of
    from convonet.runs.begin import begin_run, results_folder
    from convonet.runs.environment import available_cores
    from convonet.specs import TrainTask
    from convonet.workbench.models import model_path

    given = data_params(
        data,
        settings,
        folder=folder,
        train_dir=train_dir,
        test_dir=test_dir,
        val_dir=val_dir,
        image_size=image_size,
        channels=channels,
    )
    values = search_space(hyper, settings, seed=seed).first()
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
        from_model=str(model_path(from_model)) if from_model else None,
        accept_class_map=accept_class_map,
        threads=threads or available_cores(),
    )
    work_and_print(begin_run(task, results_folder(task, out), name=name), progress, json)


def resume(
    run: Annotated[str, typer.Argument(help="A run's folder or id.")],
    accept_changed_data: Annotated[
        bool, typer.Option("--accept-changed-data", help="Go on although images have changed.")
    ] = False,
    root: opt.Root = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Go on with a run that was stopped, was killed or failed."""
    from convonet.runs import RunStore
    from convonet.workbench.resume import prepare_resume

    found = RunStore(root or Path("runs")).find(run)
    if not prepare_resume(found, accept_changed_data=accept_changed_data):
        _print_run(found, json)
        return
    work_and_print(found, progress, json)


def work_and_print(run: Run, progress: str, json: bool) -> None:
    """Let a worker do the run, and print what it came to; a run that never began leaves nothing."""
    from convonet.cli.work import do_new_run

    try:
        do_new_run(run, run.task().threads, progress)
    finally:
        if run.path.exists():
            _print_run(run, json)


def _print_run(run: Run, as_json: bool) -> None:
    from convonet.cli.marking import print_suspects
    from convonet.cli.output import note, print_json
    from convonet.cli.summary import print_summary
    from convonet.cli.tuning import print_search, print_study
    from convonet.runs.documents import run_document
    from convonet.runs.summary import summary_of

    document = run_document(run)
    if as_json:
        error = run.read()["error"]
        print_json(document | ({"error": error} if error else {}))
        return
    if "suspects" in document:
        print_suspects(document)
        return
    if "results" in document:
        (print_study if "targets" in document else print_search)(document)
        return
    history = document["history"]
    if history["accuracy"] and not document["plan"]:
        last = (document["model_epoch"] or document["epochs"]) - 1
        validation = history["val_accuracy"]
        note(
            f"Epoch {last + 1} of {document['epochs']}: accuracy {history['accuracy'][last]:.4f}"
            + (f", validation accuracy {validation[last]:.4f}" if validation else "")
            + (f"; {document['images_per_second']:,.0f} images/s." if document["images_per_second"] else ".")
        )
    print_summary(summary_of(run))
    note(f"The run is {document['state']}:")
    typer.echo(document["run"])


def _print_demo(run: Run, as_json: bool) -> None:
    import json

    from convonet.cli.output import interval_text, percent, print_json
    from convonet.runs.documents import train_document

    scores = json.loads(run.file("evaluation.json").read_text(encoding="utf-8"))
    pictures = sorted(str(path) for path in run.path.glob("*.png"))
    if as_json:
        print_json(train_document(run) | {"evaluation": scores, "pictures": pictures})
        return
    typer.echo(
        f"Test accuracy {percent(scores['accuracy'])} on {scores['images']} held-out digits "
        f"({interval_text(scores['accuracy_interval'])}); "
        f"always answering one class gives {percent(scores['baseline_accuracy'])}."
    )
    typer.echo(f"Run folder: {run.path}")
    typer.echo(f"Report: {run.file('report.html')}")
    typer.echo("Pictures:")
    for picture in pictures:
        typer.echo(f"  {picture}")
    typer.echo(f"Next: convonet predict {run.path} IMAGE … | convonet train FOLDER")
