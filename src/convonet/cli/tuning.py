"""`tune`, `adopt`, `study`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from convonet.cli import completion
from convonet.cli import options as opt
from convonet.cli.given import data_params, search_space
from convonet.cli.output import note, print_json, say
from convonet.cli.results import work_and_print
from convonet.errors import InputError
from convonet.params import save_hyper
from convonet.params.files import hyper_to_dict
from convonet.params.search_space import SearchSpace
from convonet.runs import RunStore
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.documents import adopted_hyper
from convonet.tasks import StudyTask, TuneTask
from convonet.trackers import checked_addresses
from convonet.trackers.addresses import track_run

_SEARCH = "Search"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(tune)
    app.command()(adopt)
    app.command()(study)


def tune(
    folder: opt.Folder = None,
    data: opt.DataFile = None,
    hyper: opt.HyperFile = None,
    settings: opt.SetValues = None,
    search: Annotated[
        str, typer.Option("--search", help="grid, random or tpe.", rich_help_panel=_SEARCH)
    ] = "grid",
    objective: Annotated[
        str,
        typer.Option(
            "--objective",
            help="Score to optimize on held-out images: accuracy, loss, auc or macro_f1.",
            rich_help_panel=_SEARCH,
        ),
    ] = "accuracy",
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials",
            help="Number of settings to try. Default: the whole grid; 20 for other searches.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    folds: Annotated[
        int,
        typer.Option(
            "--folds",
            help="Number of stratified cross-validation folds. With 1, each setting is scored on a held-out "
            "fraction of the training images instead.",
            rich_help_panel=_SEARCH,
        ),
    ] = 3,
    repeats: Annotated[
        int,
        typer.Option(
            "--repeats",
            help="Number of times that each setting is trained, each time with a different seed.",
            rich_help_panel=_SEARCH,
        ),
    ] = 1,
    images: Annotated[
        str,
        typer.Option(
            "--images",
            metavar="N|all",
            help="Maximum number of images, stratified by class.",
            rich_help_panel=_SEARCH,
        ),
    ] = "10000",
    pruner: Annotated[
        str,
        typer.Option(
            "--pruner", help="Stop poor settings early: none, median or hyperband.", rich_help_panel=_SEARCH
        ),
    ] = "none",
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            help="Number of training runs in parallel. Default: one per core.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    executor: Annotated[
        str,
        typer.Option(
            "--executor",
            help="local: processes on this machine; ray: a Ray cluster (RAY_ADDRESS).",
            rich_help_panel=_SEARCH,
        ),
    ] = "local",
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit", metavar="S", help="Time limit of the search in seconds.", rich_help_panel=_SEARCH
        ),
    ] = None,
    memory_limit: Annotated[
        float | None,
        typer.Option(
            "--memory-limit",
            metavar="GB",
            help="Memory limit in GB, for all parallel folds together, shared equally. A fold that exceeds its share "
            "fails.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    disk_limit: Annotated[
        float | None,
        typer.Option(
            "--disk-limit",
            metavar="GB",
            help="Disk space limit in GB for the prepared images and the run's files.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    seed: opt.Seed = None,
    out: opt.Out = None,
    name: opt.Name = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Number of threads per training run.")] = 1,
    track: opt.Track = None,
    train_dir: opt.TrainDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Search for good hyperparameters among lists of values or ranges such as init_rate=1e-4..1e-2:log."""
    given = data_params(
        data, settings, folder=folder, train_dir=train_dir, image_size=image_size, channels=channels
    )
    task = _task(
        data=given,
        space=search_space(hyper, settings, seed=seed),
        search=search,
        objective=objective,
        trials=trials,
        folds=folds,
        repeats=repeats,
        images=_images(images),
        pruner=pruner,
        jobs=jobs,
        executor=executor,
        time_limit=time_limit,
        memory_limit=_bytes(memory_limit),
        disk_limit=_bytes(disk_limit),
        seed=seed or 0,
        threads=threads,
    )
    trackers = checked_addresses(track or ())
    run = begin_run(task, results_folder(task, out), name=name)
    track_run(run, trackers)
    work_and_print(run, progress, json)


def adopt(
    run: Annotated[str, typer.Argument(help="Folder or id of a search.", autocompletion=completion.runs)],
    file: Annotated[Path, typer.Argument(help="Hyperparameter file to write.")],
    trial: Annotated[
        int | None, typer.Option("--trial", help="Number of the trial to use instead of the best one.")
    ] = None,
    root: opt.Root = None,
    json: opt.Json = False,
) -> None:
    """Write the best setting of a search to a hyperparameter file."""
    adopted = adopted_hyper(RunStore(root or Path("runs")).find(run), trial)
    save_hyper(file, adopted)
    if json:
        print_json(hyper_to_dict(SearchSpace.single(adopted)))
    else:
        note("Hyperparameters written:")
        say(str(file))


def study(
    targets: Annotated[
        str,
        typer.Option("--targets", metavar="A,A", help="Target accuracies between 0 and 1, such as 0.9,0.95."),
    ],
    folder: opt.Folder = None,
    data: opt.DataFile = None,
    hyper: opt.HyperFile = None,
    settings: opt.SetValues = None,
    metric: Annotated[
        str, typer.Option("--metric", help="Metric: accuracy (on the training images) or val_accuracy.")
    ] = "accuracy",
    images: Annotated[
        str, typer.Option("--images", metavar="N|all", help="Maximum number of images, stratified by class.")
    ] = "all",
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="Number of training runs in parallel. Default: one per core.")
    ] = None,
    seed: opt.Seed = None,
    out: opt.Out = None,
    name: opt.Name = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Number of threads per training run.")] = 1,
    train_dir: opt.TrainDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Measure how many epochs each setting needs to reach each target accuracy."""
    given = data_params(
        data, settings, folder=folder, train_dir=train_dir, image_size=image_size, channels=channels
    )
    # The task checks the choice and lists the possible ones.
    wanted: Any = metric
    task = StudyTask(
        data=given,
        space=search_space(hyper, settings, seed=seed),
        targets=_targets(targets),
        metric=wanted,
        images=_images(images),
        jobs=jobs,
        threads=threads,
    )
    work_and_print(begin_run(task, results_folder(task, out), name=name), progress, json)


def _task(**values: Any) -> TuneTask:
    # The options are plain text; the task checks their choices and names all faults at once.
    return TuneTask(**values)


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * 10**9)


def _targets(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            "--targets is not a list of accuracies", expected="accuracies such as 0.9,0.95", received=text
        ) from error


def _images(text: str) -> int | None:
    if text == "all":
        return None
    # Signs and fractions, which int() or float() would take, mean nothing as a count.
    if not text.isdigit():
        raise InputError("--images needs a number or all", expected="10000 or all", received=text)
    return int(text)
