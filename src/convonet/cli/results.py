"""Does a run, and shows what it came to: a training's end, the table of a search or study, suspicious labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convonet.cli.output import note, percent, print_json, print_table, say
from convonet.cli.summary import print_summary
from convonet.cli.work import do_new_run, without_stops
from convonet.documents.search import SearchDocument, Setting
from convonet.documents.study import StudyDocument
from convonet.documents.suspects import SuspectsDocument
from convonet.documents.training import TrainDocument
from convonet.events import RunState, state_label
from convonet.params.labels import label_of, value_text
from convonet.runs import Run
from convonet.runs.documents import run_document
from convonet.runs.suspects import SUSPECTS
from convonet.tasks.shown_as import quoted
from convonet.text import counted

_SHOWN = 20


def work_and_print(run: Run, progress: str, json: bool) -> None:
    """Let a worker execute the run, and print its result; a run that never started leaves nothing."""
    try:
        do_new_run(run, run.task().threads, progress)
    # Also after a stop or a fault: what was finished is kept in the run, and the person sees it.
    finally:
        if run.path.exists():
            # One more press of Ctrl-C must not take the path of the run from the screen.
            with without_stops():
                print_run(run, json)


def print_run(run: Run, as_json: bool) -> None:
    """Print the result of a run, as JSON or for people."""
    document = run_document(run)
    if as_json:
        # With --json a fault stands in the result, because a script reads one document.
        error = run.read().error
        print_json(document.changed(error=error) if error else document)
    elif isinstance(document, SuspectsDocument):
        print_suspects(document)
    elif isinstance(document, StudyDocument):
        print_study(document)
    elif isinstance(document, SearchDocument):
        print_search(document)
    else:
        print_training(document)


def print_training(document: TrainDocument) -> None:
    """Print the last epoch if one network was trained, what was tried, and what to do next."""
    history = document.history
    # A plan has several histories; its table of candidates says more than the last epoch of one of them.
    if history.accuracy and not document.plan:
        last = (document.model_epoch or document.epochs) - 1
        validation, speed = history.val_accuracy, document.images_per_second
        note(
            f"Epoch {last + 1} of {document.epochs}: accuracy {percent(history.accuracy[last])}"
            + (f", validation accuracy {percent(validation[last])}" if validation else "")
            + (f"; {speed:,.0f} images/s." if speed else ".")
        )
    print_summary(document.summary)
    note(_folder_line(document.state))
    say(document.run)


def _folder_line(state: str) -> str:
    """What stands above the run's folder: its state, unless the run ended as it should."""
    return "Run folder:" if state == RunState.DONE else f"Run folder ({state_label(state)}):"


def print_study(document: StudyDocument) -> None:
    """Print the epochs that each setting needs to reach each target."""
    names = document.varied()
    head = (
        *map(label_of, names),
        *(f"to {100 * target:g}%" for target in document.targets),
        "best (%)",
        "epochs",
    )
    rows = []
    for row in document.results:
        reached = ["not reached" if cell.epochs is None else str(cell.epochs) for cell in row.epochs_to]
        # As a number, not as text, so that the column stands on the right.
        best = None if row.best is None else round(100 * row.best, 2)
        values = [value_text(name, row.params.get(name)) for name in names]
        rows.append([*values, *reached, best, row.epochs_trained])
    print_table(head, rows)
    note(f"The study is {state_label(document.state)}:")
    say(document.run)


def print_search(document: SearchDocument) -> None:
    """Print the table of a search, best row first."""
    results, names = document.results, document.varied()
    head = (*map(label_of, names), "accuracy %", "± std", "folds", "state", "tied", "seconds", "trial")
    print_table(head, [_cells(row, names) for row in results[:_SHOWN]])
    # A grid may have thousands of rows; the file has them all.
    if len(results) > _SHOWN:
        note(f"… and {len(results) - _SHOWN} more in results.csv")
    if document.stopped:
        note(f"The search ended early: {document.stopped}.")
    planned = counted(document.planned_trials, "setting")
    note(f"The search is {state_label(document.state)} ({document.trials} of {planned}):")
    say(document.run)


def _cells(row: Setting, names: list[str]) -> list[Any]:
    percents = [None if value is None else round(100 * value, 2) for value in (row.mean_accuracy, row.std)]
    shown = [value_text(name, row.params.get(name)) for name in names]
    tied = "tied" if row.tied else ""
    return [*shown, *percents, row.folds, row.state, tied, round(row.seconds, 1), row.trial]


def _say_how_to_mark(folder: str, table: Path) -> None:
    say("Look at the images. Then mark them, with your own values in place of the words in capitals:")
    for words in (["PATH", "--label", "CLASS"], ["--from", str(table), "--first", "N", "--leave-out"]):
        say(f"  {quoted(['convonet', 'mark', folder, *words])}")


def print_suspects(document: SuspectsDocument) -> None:
    """Print the most suspicious labels, how many are probably wrong, and what to do next."""
    rows = [[row.rank, row.path, row.class_, row.suggested, row.margin] for row in document.suspects[:_SHOWN]]
    print_table(("rank", "path", "class", "suggested", "margin"), rows)
    if document.accuracy is not None:
        verb = "is" if document.likely == 1 else "are"
        say(
            f"{document.likely:,} of {counted(document.images, 'label')} {verb} probably wrong. Each label was checked "
            f"by models that were not trained on its image; they agree with {percent(document.accuracy)} of the labels."
        )
        table = Path(document.run) / SUSPECTS
        say(f"Full list, most suspicious first: {table}")
        _say_how_to_mark(Run(Path(document.run)).read().train_dir or "DIR", table)
    note(_folder_line(document.state))
    say(document.run)
