"""The list of suspicious labels in a run folder, and the document made from it."""

from __future__ import annotations

from convonet import documents, tasks
from convonet.csv_files import csv_records
from convonet.runs.run import Run

SUSPECTS = "suspects.csv"
HEADER = ("rank", "path", "class", "suggested", "margin", "p_class", "p_suggested", "likely")
_LEAST, _MOST = 20, 5000


def suspects_document(run: Run) -> documents.SuspectsDocument:
    """What `suspects` and `resume` print: of the list the first tenth, 20 rows at least and 5,000 at most."""
    record = run.read()
    task, rows, scores = run.task(record), read_suspects(run), record.scores.out_of_fold
    assert isinstance(task, tasks.SuspectsTask)
    return documents.SuspectsDocument(
        run=str(run.path),
        state=run.state(record),
        images=len(rows),
        folds=task.folds,
        repeats=task.repeats,
        accuracy=scores.accuracy if scores else None,
        likely=sum(row.likely for row in rows),
        suspects=tuple(rows[: min(max(len(rows) // 10, _LEAST), _MOST)]),
        seconds=record.seconds,
    )


def read_suspects(run: Run) -> list[documents.SuspectRow]:
    """Every row of the list, the most suspicious first; empty where it is not made yet.

    Raises:
        DocumentError: the list is damaged.
    """
    path = run.file(SUSPECTS)
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return [
                documents.SuspectRow.of(row | {"likely": row["likely"] == "yes"}, path)
                for row in csv_records(lines)
            ]
    except OSError:
        return []
