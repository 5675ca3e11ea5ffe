"""`tune`, `adopt`, `study`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convonet.cli import options as opt

if TYPE_CHECKING:
    from convonet.specs import TuneTask

_SHOWN = 20
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
    settings: opt.Set = None,
    search: Annotated[
        str, typer.Option("--search", help="grid, random or tpe.", rich_help_panel=_SEARCH)
    ] = "grid",
    objective: Annotated[
        str,
        typer.Option(
            "--objective",
            help="What is best: accuracy, loss, auc or macro_f1, held out.",
            rich_help_panel=_SEARCH,
        ),
    ] = "accuracy",
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials", help="Settings to try; default: the whole grid, else 20.", rich_help_panel=_SEARCH
        ),
    ] = None,
    folds: Annotated[
        int,
        typer.Option(
            "--folds", help="Stratified folds; 1 holds out the validation share.", rich_help_panel=_SEARCH
        ),
    ] = 3,
    repeats: Annotated[
        int,
        typer.Option(
            "--repeats", help="Trainings of each setting with other seeds.", rich_help_panel=_SEARCH
        ),
    ] = 1,
    images: Annotated[
        str, typer.Option("--images", metavar="N|all", help="Images to take.", rich_help_panel=_SEARCH)
    ] = "10000",
    pruner: Annotated[
        str,
        typer.Option(
            "--pruner", help="End poor settings early: none, median or hyperband.", rich_help_panel=_SEARCH
        ),
    ] = "none",
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", help="Trainings side by side; default: one a core.", rich_help_panel=_SEARCH),
    ] = None,
    executor: Annotated[
        str,
        typer.Option(
            "--executor",
            help="local: processes of this machine; ray: a cluster (RAY_ADDRESS).",
            rich_help_panel=_SEARCH,
        ),
    ] = "local",
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit", metavar="S", help="Seconds for the whole search.", rich_help_panel=_SEARCH
        ),
    ] = None,
    memory_limit: Annotated[
        float | None,
        typer.Option(
            "--memory-limit",
            metavar="GB",
            help="Memory for all trainings side by side; a setting that needs more fails and is recorded.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    disk_limit: Annotated[
        float | None,
        typer.Option(
            "--disk-limit",
            metavar="GB",
            help="Disk for the prepared images and the run's files.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    seed: opt.Seed = None,
    out: opt.Out = None,
    name: opt.Name = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Computing threads of each training.")] = 1,
    train_dir: opt.TrainDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Search for good hyper parameters: lists of values, or ranges such as init_rate=1e-4..1e-2:log."""
    from convonet.cli.given import data_params, search_space
    from convonet.cli.training import work_and_print
    from convonet.runs.begin import begin_run, results_folder

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
    work_and_print(begin_run(task, results_folder(task, out), name=name), progress, json)


def adopt(
    run: Annotated[str, typer.Argument(help="The folder or id of a search.")],
    file: Annotated[Path, typer.Argument(help="The hyper-parameter file to write.")],
    trial: Annotated[
        int | None, typer.Option("--trial", help="Another row than the best, by its trial's number.")
    ] = None,
    root: opt.Root = None,
    json: opt.Json = False,
) -> None:
    """Take the best row of a search over into a hyper-parameter file."""
    from convonet.cli.output import note, print_json
    from convonet.params import save_hyper
    from convonet.params.files import hyper_to_dict
    from convonet.params.search_space import SearchSpace
    from convonet.runs import RunStore
    from convonet.runs.documents import adopted_hyper

    adopted = adopted_hyper(RunStore(root or Path("runs")).find(run), trial)
    save_hyper(file, adopted)
    if json:
        print_json(hyper_to_dict(SearchSpace.single(adopted)))
    else:
        note("The hyper parameters are written:")
        typer.echo(str(file))


def study(
    targets: Annotated[
        str, typer.Option("--targets", metavar="A,A", help="Accuracies between 0 and 1, such as 0.9,0.95.")
    ],
    folder: opt.Folder = None,
    data: opt.DataFile = None,
    hyper: opt.HyperFile = None,
    settings: opt.Set = None,
    metric: Annotated[
        str, typer.Option("--metric", help="accuracy of the training images, or val_accuracy.")
    ] = "accuracy",
    images: Annotated[str, typer.Option("--images", metavar="N|all", help="Images to take.")] = "all",
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="Trainings side by side; default: one a core.")
    ] = None,
    seed: opt.Seed = None,
    out: opt.Out = None,
    name: opt.Name = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Computing threads of each training.")] = 1,
    train_dir: opt.TrainDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """How many epochs each setting needs to each target accuracy, or that it never gets there."""
    from convonet.cli.given import data_params, search_space
    from convonet.cli.training import work_and_print
    from convonet.runs.begin import begin_run, results_folder
    from convonet.specs import StudyTask

    given = data_params(
        data, settings, folder=folder, train_dir=train_dir, image_size=image_size, channels=channels
    )
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


def print_study(document: dict[str, Any]) -> None:
    """The epochs of each setting to each target."""
    from convonet.cli.output import note, print_table

    results = document["results"]
    names = list(dict.fromkeys(name for row in results for name in row["params"]))
    head = (*names, *(f"to {100 * target:g} %" for target in document["targets"]), "best %", "epochs")
    rows = []
    for row in results:
        reached = [
            "not reached" if cell["epochs"] is None else str(cell["epochs"]) for cell in row["epochs_to"]
        ]
        best = None if row["best"] is None else round(100 * row["best"], 2)
        values = [_shown(row["params"].get(name)) for name in names]
        rows.append([*values, *reached, best, row["epochs_trained"]])
    print_table(head, rows)
    note(f"The study is {document['state']}:")
    typer.echo(document["run"])


def print_search(document: dict[str, Any]) -> None:
    """The table of a search, the best row first."""
    from convonet.cli.output import note, print_table

    results = document["results"]
    names = list(dict.fromkeys(name for row in results for name in row["params"]))
    head = (*names, "accuracy %", "± std", "folds", "state", "tied", "seconds", "trial")
    print_table(head, [_cells(row, names) for row in results[:_SHOWN]])
    if len(results) > _SHOWN:
        note(f"… and {len(results) - _SHOWN} more in results.csv")
    if document["stopped"]:
        note(f"The search ended early: {document['stopped']}.")
    note(f"The search is {document['state']}, {document['trials']} of {document['planned_trials']} settings:")
    typer.echo(document["run"])


def _cells(row: dict[str, Any], names: list[str]) -> list[Any]:
    shares = [None if row[key] is None else round(100 * row[key], 2) for key in ("mean_accuracy", "std")]
    tied = "tied" if row["tied"] else ""
    shown = [_shown(row["params"].get(name)) for name in names]
    return [*shown, *shares, row["folds"], row["state"], tied, round(row["seconds"], 1), row["trial"]]


def _shown(value: Any) -> str:
    """A parameter's value as it is typed after `--set`; a dash where the setting has none."""
    if isinstance(value, list):
        return "-".join(map(str, value))
    return "–" if value is None else str(value)


def _task(**values: Any) -> TuneTask:
    from convonet.specs import TuneTask

    return TuneTask(**values)


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * 10**9)


def _targets(text: str) -> tuple[float, ...]:
    from convonet.errors import InputError

    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError("--targets takes accuracies", expected="such as 0.9,0.95", received=text) from error


def _images(text: str) -> int | None:
    from convonet.errors import InputError

    if text == "all":
        return None
    if not text.isdigit():
        raise InputError("--images takes a number or all", expected="10000 or all", received=text)
    return int(text)
