"""The JSON documents of runs, made from the folder alone: the same from every face, today and later."""

from __future__ import annotations

import json
from typing import Any

from convonet.runs.run import Run

RESULT = "result.json"
"""The answer of a run's job."""


def train_document(run: Run) -> dict[str, Any]:
    """What `train` and `resume` print."""
    record, history = run.read(), run.history()
    columns = ("loss", "accuracy", "val_loss", "val_accuracy")
    return {
        "run": str(run.path),
        "state": run.state(record),
        "epochs": len(history["epoch"]),
        "model_epoch": record["model_epoch"],
        "stopped": record.get("stopped", ""),
        "history": {name: [value for value in history[name] if value is not None] for name in columns},
        "images_per_second": record.get("images_per_second", 0.0),
        "seconds": record["seconds"],
    }


def show_document(run: Run) -> dict[str, Any]:
    """What `runs show` prints: the record with the true state, the documents of its results, its files."""
    record = run.read()
    files = sorted(path.name for path in run.path.iterdir() if not path.name.startswith("."))
    return record | {
        "run": str(run.path),
        "state": run.state(record),
        "history": run.history(),
        "files": files,
    }


def list_row(run: Run) -> dict[str, Any]:
    """One row of `runs list`."""
    record = run.read()
    keys = ("id", "kind", "created", "started", "ended", "seconds", "scores")
    return {"run": str(run.path), "state": run.state(record)} | {key: record[key] for key in keys}


def read_result(run: Run) -> dict[str, Any]:
    """The answer that the run's job left."""
    answer: dict[str, Any] = json.loads(run.file(RESULT).read_text(encoding="utf-8"))
    return answer
