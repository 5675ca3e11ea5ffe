"""The list of suspicious labels in a run folder, and the document made from it."""

from __future__ import annotations

from typing import Any

from convonet.csv_files import csv_records
from convonet.runs.run import Run

SUSPECTS = "suspects.csv"
HEADER = ("rank", "path", "class", "suggested", "margin", "p_class", "p_suggested", "likely")
_LEAST, _MOST = 20, 5000


def suspects_document(run: Run) -> dict[str, Any]:
    """What `suspects` and `resume` print: of the list the first tenth, 20 rows at least and 5,000 at most."""
    record = run.read()
    rows = read_suspects(run)
    task = record["task"]
    return {
        "run": str(run.path),
        "state": run.state(record),
        "images": len(rows),
        "folds": task["folds"],
        "repeats": task["repeats"],
        "accuracy": record["scores"].get("out_of_fold", {}).get("accuracy"),
        "likely": sum(row["likely"] for row in rows),
        "suspects": rows[: min(max(len(rows) // 10, _LEAST), _MOST)],
        "seconds": record["seconds"],
    }


def read_suspects(run: Run) -> list[dict[str, Any]]:
    """Every row of the list, the most suspicious first; empty where it is not made yet."""
    try:
        with run.file(SUSPECTS).open(encoding="utf-8", newline="") as lines:
            return [_typed(row) for row in csv_records(lines)]
    except OSError:
        return []


def _typed(row: dict[str, str]) -> dict[str, Any]:
    numbers = {name: float(row[name]) for name in ("margin", "p_class", "p_suggested")}
    return row | numbers | {"rank": int(row["rank"]), "likely": row["likely"] == "yes"}
