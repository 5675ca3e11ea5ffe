"""`runs list|show|compare|watch|cancel|delete`, `report`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from convonet.cli import completion
from convonet.cli import options as opt
from convonet.cli.output import percent, print_json, print_table, say
from convonet.cli.paths import PathTyper
from convonet.cli.progress import create_display
from convonet.cli.work import ask
from convonet.documents.drawings import ReportDocument
from convonet.documents.runs import RunDifference, RunRow
from convonet.errors import InputError
from convonet.events import state_label
from convonet.params.labels import label_of, value_text
from convonet.runs import Run, RunStore
from convonet.runs.documents import list_row, show_document
from convonet.runs.grouping import with_evaluations
from convonet.runs.listing import list_rows
from convonet.runs.naming import kind_label, rename, title_of
from convonet.tasks import ReportTask
from convonet.text import counted

_MOST = 20
_SPLITS = {"train": "training images", "val": "validation images", "test": "test images"}

RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's folder or id.", autocompletion=completion.runs)
]
RunNames = Annotated[
    list[str], typer.Argument(metavar="RUN", help="Folders or ids of runs.", autocompletion=completion.runs)
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = PathTyper(
        help="List, show, compare, watch, cancel, rename and delete runs.", no_args_is_help=True
    )
    group.command("list")(list_runs)
    group.command()(show)
    group.command()(compare)
    group.command()(watch)
    group.command()(cancel)
    group.command()(delete)
    group.command("rename")(rename_run)
    app.add_typer(group, name="runs")
    app.command()(report)


def list_runs(root: opt.Root = None, json: opt.Json = False) -> None:
    """List known runs, newest first, with the evaluations of their models."""
    rows = with_evaluations(list_rows(_store(root)))
    if json:
        print_json(rows)
        return
    # Evaluations with a run of their own stand below the run whose model they test.
    table = [line for row in rows if row.belongs_to is None for line in _lines(row)]
    print_table(("Name", "Data set", "Kind", "State", "Accuracy", "Run"), table)


def _lines(row: RunRow) -> list[list[object]]:
    """A run and, if its model was evaluated more than once, a line for each evaluation."""
    accuracy = None if row.accuracy is None else percent(row.accuracy)
    first: list[object] = [
        row.title,
        row.data_set,
        kind_label(row.kind),
        state_label(row.state),
        accuracy,
        row.id,
    ]
    # One evaluation is already in the run's own line.
    if len(row.evaluations) < 2:
        return [first]
    below: list[list[object]] = [
        [f"  └ {_SPLITS[one.split]}", one.data_set, "Evaluation", "", percent(one.accuracy), one.run or ""]
        for one in row.evaluations
    ]
    return [first, *below]


def show(run: RunName, root: opt.Root = None, json: opt.Json = False) -> None:
    """Show the whole record of a run."""
    document = show_document(_store(root).find(run))
    if json:
        print_json(document)
        return
    whole = document.to_dict() | {"state": state_label(document.state)}
    print_table(("property", "value"), [(k, v) for k, v in whole.items() if isinstance(v, (str, int, float))])
    for group, values in (("data", document.params.data), ("hyper", document.params.hyper)):
        # Runs that have no network, such as a check of images, have no hyperparameters.
        shown = [[label_of(name), value_text(name, value)] for name, value in (values or {}).items()]
        print_table((f"{group} parameter", "value"), shown)
    scores = document.scores
    # As text, since a score may be a list, such as an interval.
    rows = [[name, key, str(scores[name][key])] for name in scores.keys() for key in scores[name].keys()]
    print_table(("set", "score", "value"), rows)
    say("Files: " + ", ".join(document.files))


def compare(runs: RunNames, root: opt.Root = None, json: opt.Json = False) -> None:
    """Compare runs: scores, and the parameters that differ."""
    if len(runs) < 2:
        raise InputError("A comparison needs two or more runs", received=len(runs))
    store = _store(root)
    document = store.compare([store.find(name) for name in runs])
    if json:
        print_json(document)
        return
    rows: list[list[object]] = [
        ["name", *[row.title for row in document.runs]],
        ["state", *[state_label(row.state) for row in document.runs]],
    ]
    scores = [
        {(part, key): row.scores[part][key] for part in row.scores.keys() for key in row.scores[part].keys()}
        for row in document.runs
    ]
    for part, key in sorted({name for one in scores for name in one}):
        rows.append([f"{part} {key}", *[_shown(one.get((part, key))) for one in scores]])
    rows += [
        [label_of(name), *[value_text(name, value) for value in values]]
        for name, values in document.differences.items()
    ]
    print_table(("", *(row.id for row in document.runs)), rows)
    if not all(row.same_data for row in document.runs):
        say("The runs were not all trained on the same images.")
    for run in document.runs:
        if run.outdated:
            say(run.outdated)
    for pair in document.pairs:
        say(pair.sentence)
    if document.difference is not None:
        _print_difference(document.difference)


def _print_difference(found: RunDifference) -> None:
    """The images that changed most, and the marks."""
    changed, marks = found.changed_images, found.marks
    if found.images:
        say(found.sentence)
    if changed:
        names = ("image", "true", found.a, found.b, "probability before", "probability after", "change")
        rows = [[one.path, one.true, one.a, one.b, one.p_a, one.p_b, one.change] for one in changed[:_MOST]]
        print_table(names, rows)
    if len(changed) > _MOST:
        say(f"… and {len(changed) - _MOST:,} more; --json has all of them")
    for mark in marks[:_MOST]:
        say(
            f"Mark on {mark.path} ({_SPLITS.get(mark.set, mark.set)}): {mark.a or 'none'} → {mark.b or 'none'}"
        )
    if len(marks) > _MOST:
        say(f"… and {counted(len(marks) - _MOST, 'more mark')}")


def rename_run(
    run: RunName,
    title: Annotated[
        str, typer.Argument(metavar="NAME", help="Name to show instead of data set, network and date.")
    ],
    root: opt.Root = None,
    json: opt.Json = False,
) -> None:
    """Give a run a name. Its folder and id stay the same."""
    found = _store(root).find(run)
    rename(found, title)
    if json:
        print_json({"run": str(found.path), "id": found.id, "title": title_of(found)})
        return
    say(f"{found.id}: {title_of(found)}")


def report(
    run: RunName,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.html", help="Default: report.html in the run folder."),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", help="The heading of the report. Default: the run's name.")
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain/--no-explain",
            help="Add heat maps of the worst mistakes. Takes a few seconds.",
        ),
    ] = True,
    root: opt.Root = None,
    json: opt.Json = False,
) -> None:
    """Write a run's report as one self-contained HTML file."""
    found = _store(root).find(run)
    target = None if out is None else str(out.resolve())
    task = ReportTask(run=str(found.path), out=target, heading=title, explain=explain)
    answer = ReportDocument.of(ask(task))
    if json:
        print_json(answer)
    else:
        say(answer.path)


def watch(
    run: RunName,
    root: opt.Root = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Follow a run from its first event until it ends, wherever it was started."""
    found = _store(root).find(run)
    log, offset, display = found.events(), 0, create_display(progress)
    try:
        while True:
            ended = found.state().ended
            events, offset = log.read(offset)
            for stamped in events:
                display.show(stamped)
            if ended:
                break
            time.sleep(0.1)
    finally:
        display.close()
    if json:
        print_json(list_row(found))
    else:
        say(f"{found.id}: {state_label(found.state())}")


def cancel(runs: RunNames, root: opt.Root = None, json: opt.Json = False) -> None:
    """Stop runs after the current batch. Finished work is kept."""
    found = _found(runs, root)
    for run in found:
        state = run.state()
        if state.ended:
            raise InputError("The run is not active", where=run.path, received=state_label(state))
        run.request_cancel()
    _tell(found, "is stopping", json)


def delete(
    runs: RunNames,
    root: opt.Root = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    json: opt.Json = False,
) -> None:
    """Delete run folders and everything in them."""
    found = _found(runs, root)
    if not yes:
        if not sys.stdin.isatty():
            raise InputError("Deletion must be confirmed", hint="Add --yes")
        typer.confirm(f"Delete {', '.join(str(run.path) for run in found)}?", abort=True, err=True)
    for run in found:
        _store(root).delete(run)
    _tell(found, "was deleted", json)


def _found(names: list[str], root: Path | None) -> list[Run]:
    """The runs with these names, without repetitions."""
    store = _store(root)
    return list({run.path: run for run in map(store.find, names)}.values())


def _tell(runs: list[Run], what: str, json: bool) -> None:
    if json:
        print_json([{"run": str(run.path), "id": run.id} for run in runs])
        return
    for run in runs:
        say(f"{run.id} {what}")


def _store(root: Path | None) -> RunStore:
    return RunStore(root or Path("runs"))


def _shown(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "–" if value is None else str(value)
