"""The JSON documents of runs, made from the folder alone: the same from every face, today and later."""

from __future__ import annotations

import json
from typing import Any

from convonet.errors import InputError
from convonet.params.hyper_params import HyperParams
from convonet.runs.run import Run
from convonet.runs.study_table import STUDY_HISTORY, StudyFile, study_results, study_rows
from convonet.runs.summary import summary_of
from convonet.runs.suspects import suspects_document
from convonet.runs.trial_table import best_hyper, best_of, settings_of, tune_results
from convonet.runs.trials import TRIALS, TrialsFile
from convonet.runs.untested import untested
from convonet.tasks import StudyTask, SuspectsTask, TuneTask

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
        "advice": record.get("advice", []),
        "diagnosis": record.get("diagnosis", []),
        "test": record["scores"].get("test"),
        "test_skipped": untested(run, record),
        "history": {name: [value for value in history[name] if value is not None] for name in columns},
        "images_per_second": record.get("images_per_second", 0.0),
        "seconds": record["seconds"],
        "plan": record.get("plan"),
        "summary": summary_of(run, record).to_dict(),
    }


def tune_document(run: Run) -> dict[str, Any]:
    """What `tune` and `resume` print, also of a search that is not at its end."""
    record, task = run.read(), run.task()
    assert isinstance(task, TuneTask)
    settings = settings_of(TrialsFile(run.file(TRIALS), task.space.varied).read(), task)
    return {
        "run": str(run.path),
        "state": run.state(record),
        "stopped": record.get("stopped", ""),
        "trials": sum(setting.state != "partial" for setting in settings),
        "planned_trials": task.planned_trials,
        "search": task.search,
        "objective": task.objective,
        **tune_results(settings),
        "seconds": record["seconds"],
    }


def study_document(run: Run) -> dict[str, Any]:
    """What `study` and `resume` print."""
    record, task = run.read(), run.task()
    assert isinstance(task, StudyTask)
    rows = study_rows(task, StudyFile(run.file(STUDY_HISTORY)).read())
    return {
        "run": str(run.path),
        "state": run.state(record),
        "metric": task.metric,
        "targets": list(task.targets),
        "results": study_results(task, rows),
        "seconds": record["seconds"],
    }


def adopted_hyper(run: Run, trial: int | None = None) -> HyperParams:
    """The hyper parameters of the best setting of a search, or of one of its trials.

    Raises:
        InputError: not a search, no such trial, or none that is done.
    """
    task = run.task()
    if not isinstance(task, TuneTask):
        raise InputError("Only a search has rows to take over", where=run.path, received=f"a {task.kind} run")
    settings = settings_of(TrialsFile(run.file(TRIALS), task.space.varied).read(), task)
    if trial is None:
        found = best_of(settings)
    else:
        found = next((setting for setting in settings if setting.trial == trial), None)
    if found is None:
        what = "No setting of this search is finished yet" if trial is None else "There is no such trial"
        raise InputError(what, where=run.path, received=trial)
    return best_hyper(task, found)


def run_document(run: Run) -> dict[str, Any]:
    """The document of a run that can be resumed, by its kind."""
    makers = {
        TuneTask.kind: tune_document,
        StudyTask.kind: study_document,
        SuspectsTask.kind: suspects_document,
    }
    return makers.get(run.read()["kind"], train_document)(run)


def show_document(run: Run) -> dict[str, Any]:
    """What `runs show` prints: the record with the true state, the documents of its results, its files."""
    record = run.read()
    files = sorted(path.name for path in run.folder.iterdir() if not path.name.startswith("."))
    summary = {"summary": summary_of(run, record).to_dict()} if record["kind"] == "train" else {}
    return (
        record
        | summary
        | {
            "run": str(run.path),
            "state": run.state(record),
            "history": run.history(),
            "files": files,
        }
    )


def list_row(run: Run) -> dict[str, Any]:
    """One row of `runs list`."""
    record = run.read()
    keys = ("id", "kind", "created", "started", "ended", "seconds", "scores")
    measured = run.history()["val_accuracy"][: record["model_epoch"]]
    measured = [value for value in measured if value is not None]
    hyper = record["params"].get("hyper") or {}
    family = hyper.get("family", "convonet") if record["kind"] == "train" else None
    more = {"family": family, "val_accuracy": measured[-1] if measured else None}
    more |= {"base": hyper.get("base"), "train_dir": (record["params"].get("data") or {}).get("train_dir")}
    return {"run": str(run.path), "state": run.state(record)} | {key: record[key] for key in keys} | more


def read_result(run: Run) -> dict[str, Any]:
    """The answer that the run's job left."""
    answer: dict[str, Any] = json.loads(run.file(RESULT).read_text(encoding="utf-8"))
    return answer
