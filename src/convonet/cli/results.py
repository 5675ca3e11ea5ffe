"""Does a run, and shows what it came to: a training's end, the table of a search or study, suspicious labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convonet.cli.output import note, percent, print_json, print_table, say
from convonet.cli.summary import print_summary
from convonet.cli.work import do_new_run
from convonet.runs import Run
from convonet.runs.documents import run_document
from convonet.runs.summary import summary_of
from convonet.runs.suspects import SUSPECTS

_SHOWN = 20


def work_and_print(run: Run, progress: str, json: bool) -> None:
    """Let a worker do the run, and print what it came to; a run that never began leaves nothing."""
    try:
        do_new_run(run, run.task().threads, progress)
    finally:
        if run.path.exists():
            print_run(run, json)


def print_run(run: Run, as_json: bool) -> None:
    document = run_document(run)
    if as_json:
        error = run.read().error
        print_json(document | ({"error": error.to_dict()} if error else {}))
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
    say(document["run"])


def print_study(document: dict[str, Any]) -> None:
    """The epochs of each setting to each target."""
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
    say(document["run"])


def print_search(document: dict[str, Any]) -> None:
    """The table of a search, the best row first."""
    results = document["results"]
    names = list(dict.fromkeys(name for row in results for name in row["params"]))
    head = (*names, "accuracy %", "± std", "folds", "state", "tied", "seconds", "trial")
    print_table(head, [_cells(row, names) for row in results[:_SHOWN]])
    if len(results) > _SHOWN:
        note(f"… and {len(results) - _SHOWN} more in results.csv")
    if document["stopped"]:
        note(f"The search ended early: {document['stopped']}.")
    note(f"The search is {document['state']}, {document['trials']} of {document['planned_trials']} settings:")
    say(document["run"])


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


def print_suspects(document: dict[str, Any]) -> None:
    """The first suspects, how many are likely, and what to do next."""
    columns = ("rank", "path", "class", "suggested", "margin")
    print_table(columns, [[row[name] for name in columns] for row in document["suspects"][:20]])
    if document["accuracy"] is not None:
        say(
            f"{document['likely']:,} of {document['images']:,} labels are probably wrong; models that were trained "
            f"without the image agree with {percent(document['accuracy'])} of the labels."
        )
        table = Path(document["run"]) / SUSPECTS
        say(f"All of them, worst first: {table}")
        say(
            f"Next: look at them, then convonet mark DIR PATH … --label CLASS, or --from {table} --first N --leave-out"
        )
    note(f"The run is {document['state']}:")
    say(document["run"])
