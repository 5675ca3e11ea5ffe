"""Every run begins the same way: its folder, its record, and who finds it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import convonet
from convonet.params import DataParams, HyperParams, SearchSpace
from convonet.runs import RunStore
from convonet.runs.begin import DEFAULT_FOLDER, begin_run, results_folder
from convonet.tasks import EvaluateTask, StudyTask, SummaryTask, Task, TrainTask

DATA = DataParams(train_dir="images")
SOURCE = Path(convonet.__file__).parent


def _tasks(data: DataParams) -> list[Task]:
    return [
        TrainTask(data=data, hyper=HyperParams()),
        StudyTask(data=data, space=SearchSpace(), targets=(0.5,)),
        EvaluateTask(model="m", data=data),
    ]


@pytest.mark.parametrize(
    "task", [*_tasks(DATA), SummaryTask(model="m"), EvaluateTask(model="m", data=DATA, into="r")]
)
def test_what_leaves_a_run_is_found_again(task: Task, tmp_path: Path) -> None:
    store = RunStore(index=tmp_path / "index.jsonl")
    run = begin_run(task, tmp_path / "runs", name="one", words=["convonet", "x"], store=store)
    record = run.read()
    assert (record.state, record.owner, record.command) == ("waiting", os.getpid(), ("convonet", "x"))
    assert [known.path for known in store.known()] == ([run.path] if task.leaves_run else [])


@pytest.mark.parametrize("task", _tasks(DATA.changed(result_dir="~/results")))
def test_where_runs_go(task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert results_folder(task) == tmp_path / "results"
    assert results_folder(task, "~/elsewhere") == tmp_path / "elsewhere"
    assert results_folder(SummaryTask(model="m")) == DEFAULT_FOLDER


def test_no_interface_makes_runs_in_another_way() -> None:
    """`Run.create` alone makes a run that nobody finds; only questions in a scratch folder are such runs."""
    interfaces = ("cli", "desktop", "server", "session", "launch")
    makers = [
        str(path.relative_to(SOURCE))
        for room in interfaces
        for path in (SOURCE / room).rglob("*.py")
        if re.search(r"\bRun\.create\(", path.read_text(encoding="utf-8"))
    ]
    assert makers == [os.path.join("cli", "work.py")]
