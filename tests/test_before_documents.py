"""What the program wrote before its documents were typed is read, resumed and reported by every later version.

`tests/assets/make_before_documents.py` made the files. They are never made again with a later version.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import convonet
from convonet.documents.history import HistoryTable
from convonet.runs import Run, RunStore
from convonet.runs.documents import run_document
from convonet.runs.summary import summary_of
from stored_runs import copy_assets, read_json, resume, rows_of

RUNS = {
    "train": ("train", "done"),
    "train_killed": ("train", "interrupted"),
    "plan": ("train", "done"),
    "plan_killed": ("train", "interrupted"),
    "tune": ("tune", "done"),
    "tune_killed": ("tune", "interrupted"),
    "study": ("study", "done"),
    "suspects": ("suspects", "done"),
    "evaluate": ("evaluate", "done"),
}
EPOCHS = 40


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    """A copy of the files with the paths of this machine."""
    return copy_assets("before_documents", tmp_path / "before_documents")


def _holds(value: Any, stored: Any) -> bool:
    """Whether a document is the stored one; keys may have been added at any depth."""
    if isinstance(stored, dict):
        return all(key in value and _holds(value[key], item) for key, item in stored.items())
    if isinstance(stored, list):
        return len(value) == len(stored) and all(map(_holds, value, stored))
    return bool(value == stored)


def test_all_runs_are_listed_and_read(assets: Path) -> None:
    found = RunStore(assets / "runs").known()
    assert {run.id: (run.read().kind, run.state()) for run in found} == RUNS
    assert all(run.task().kind == RUNS[run.id][0] for run in found)
    assert all(len(run.events().read()[0]) > 5 for run in found)


@pytest.mark.parametrize("name", ["train", "plan", "tune", "study", "suspects"])
def test_a_finished_run_has_the_results_that_it_stored(assets: Path, name: str) -> None:
    run = assets / "runs" / name
    stored = read_json(run / "result.json")
    document = run_document(Run.open(run)).to_dict()
    # `state` was still `running` when the result was written.
    for name in ("state", "seconds", "run"):
        stored.pop(name, None)
    assert stored
    assert _holds(document, stored)
    assert document["state"] == "done"


@pytest.mark.parametrize("name", ["train", "plan"])
def test_evaluating_again_gives_the_stored_scores(assets: Path, name: str) -> None:
    stored = read_json(assets / "runs" / name / "evaluation.json")
    scores = convonet.evaluate(assets / "runs" / name)
    assert scores.accuracy == stored["accuracy"]
    assert scores["confusion_matrix"] == stored["confusion_matrix"]
    assert scores.loss == pytest.approx(stored["loss"], rel=1e-4)


def test_a_plan_is_told_with_what_was_tried(assets: Path) -> None:
    run = Run.open(assets / "runs" / "plan")
    stored, plan = read_json(run.file("run.json"))["plan"], run.read().plan
    assert plan is not None
    assert [one.name for one in plan.candidates] == [one["name"] for one in stored["candidates"]]
    summary = summary_of(run)
    assert [(one.name, one.chosen) for one in summary.tried] == [
        (one["name"], one["name"] == stored["chosen"]) for one in stored["candidates"]
    ]


@pytest.mark.parametrize("name", ["train", "plan", "tune", "study", "evaluate"])
def test_a_finished_run_has_a_report(assets: Path, tmp_path: Path, name: str) -> None:
    path = convonet.report(assets / "runs" / name, out=tmp_path / "report.html")
    assert name in path.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["train_killed", "plan_killed"])
def test_a_killed_training_goes_on_where_it_was(assets: Path, name: str) -> None:
    run = assets / "runs" / name
    own = run / "candidates" / "own" if name == "plan_killed" else run
    before = rows_of(own / "history.csv")
    assert len(before) >= EPOCHS // 2
    document = resume(run)
    after = rows_of(own / "history.csv")
    # Columns that this version measures in addition are empty for the epochs of the earlier one.
    assert [{name: row[name] for name in before[0]} for row in after[: len(before)]] == before
    assert [int(row["epoch"]) for row in after] == list(range(1, len(after) + 1))
    assert HistoryTable.read(own / "history.csv").epochs == len(after)
    assert document["test"]["images"] == 18


@pytest.mark.slow
def test_a_killed_search_repeats_no_finished_fold(assets: Path) -> None:
    run = assets / "runs" / "tune_killed"
    before = (run / "trials.csv").read_bytes()
    resume(run)
    assert (run / "trials.csv").read_bytes().startswith(before)
    rows = (run / "trials.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(rows) == 4
