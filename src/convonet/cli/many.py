"""`many`: several data sets in one command, with one table at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convonet.atomic import check_place
from convonet.cli import options as opt
from convonet.cli.given import data_params, hyper_params
from convonet.cli.output import note, print_json, print_table, say
from convonet.cli.work import do_new_run
from convonet.csv_files import write_csv
from convonet.documents.many import DataSetResult
from convonet.documents.run_record import Fault
from convonet.errors import ConvonetError
from convonet.params import HyperParams
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.environment import available_cores
from convonet.runs.many_table import many_row
from convonet.tasks import TrainTask

_COLUMNS = (
    "data",
    "images",
    "classes",
    "epochs",
    "val_accuracy",
    "test_accuracy",
    "baseline",
    "seconds",
    "run",
)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(many)


def many(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="DATA", help="Data parameters (JSON) or folders of images, one per data set."),
    ],
    hyper: opt.HyperFile = None,
    settings: opt.Set = None,
    out: Annotated[Path | None, typer.Option("--out", help="Parent folder of the runs.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write the table as CSV.")] = None,
    seed: opt.Seed = None,
    threads: opt.Threads = None,
    accept_class_map: opt.AcceptClassMap = False,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Train and test one model per data set with the same settings. If one fails, the rest are still trained."""
    values = hyper_params(hyper, settings, seed=seed)
    if csv is not None:
        check_place(csv)
    rows: list[DataSetResult] = []
    try:
        for path in data:
            rows.append(_row(path, values, settings, out, threads, progress, accept_class_map))
    finally:
        # Written after a Ctrl-C too: hours of finished sets are worth a table.
        if csv is not None and rows:
            _write(csv, rows)
        if json:
            print_json(rows)
        else:
            _print(rows)
    if any(row.error is not None for row in rows):
        raise typer.Exit(1)


def _row(
    path: Path,
    hyper: HyperParams,
    settings: list[str] | None,
    out: Path | None,
    threads: int | None,
    progress: str,
    accept_class_map: bool,
) -> DataSetResult:
    """Train and test one set: its row of the table, with `error` if it failed."""
    note(f"{path}:")
    run = None
    try:
        # Any other file is a table or an archive of arrays, which a training set may be.
        file, folder = (path, None) if path.suffix.lower() == ".json" else (None, str(path))
        data = data_params(file, settings, train_dir=folder)
        task = TrainTask(
            data=data,
            hyper=hyper,
            accept_class_map=accept_class_map,
            threads=threads or available_cores(),
        )
        run = begin_run(task, results_folder(task, out))
        do_new_run(run, task.threads, progress)
    except ConvonetError as error:
        note(error.sentence("command"))
        # A run that was refused before it began has removed its folder.
        place = str(run.path) if run is not None and run.path.exists() else None
        return DataSetResult(data=str(path), run=place, error=Fault.of(error.to_dict("command")))
    return many_row(str(path), run)


def _print(rows: list[DataSetResult]) -> None:
    print_table(_COLUMNS, [[row.get(name) for name in _COLUMNS] for row in rows])
    for row in rows:
        if row.error is not None:
            say(f"{row.data}: {row.error.what}")


def _write(path: Path, rows: list[DataSetResult]) -> None:
    cells = ([*(row.get(name, "") for name in _COLUMNS), row.error.what if row.error else ""] for row in rows)
    write_csv(path, (*_COLUMNS, "error"), cells)
