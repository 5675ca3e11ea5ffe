"""The list of many runs: true after every change, and not read anew for nothing."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from convonet.errors import RunNotFoundError
from convonet.events import RunState
from convonet.params import DataParams, HyperParams
from convonet.runs import Run, RunStore
from convonet.runs.documents import list_row
from convonet.runs.listing import list_rows
from convonet.runs.naming import rename
from convonet.tasks import TrainTask


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """Five trainings that are done, below a folder; nothing in the index."""
    task = TrainTask(data=DataParams(train_dir=str(tmp_path / "flowers")), hyper=HyperParams())
    for number in range(5):
        run = Run.create(tmp_path / "runs", task, name=f"r{number}")
        run.update(state=RunState.DONE, created=f"2026-01-0{number + 1}T00:00:00.000Z")
        run.file("history.csv").write_text(
            f"epoch,loss,accuracy,val_loss,val_accuracy\n1,1,0.5,1,0.{number}\n"
        )
    return RunStore(tmp_path / "runs", tmp_path / "index.jsonl")


class Opened:
    """Opens runs and remembers which."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, path: Path) -> Run:
        self.names.append(path.name)
        return Run(path)


def test_rows_are_those_of_each_run(store: RunStore, tmp_path: Path) -> None:
    opened, cache = Opened(), tmp_path / "rows"
    first = list_rows(store, opened, cache)
    assert [row.id for row in first] == ["r4", "r3", "r2", "r1", "r0"]
    assert sorted(opened.names) == ["r0", "r1", "r2", "r3", "r4"]
    assert first == [list_row(run) for run in store.known()]
    assert (first[0].data_set, first[0].val_accuracy) == ("flowers", 0.4)
    assert first[0].title == "r4"
    assert list_rows(store, opened, cache) == first
    assert len(opened.names) == 5


def test_equal_titles_are_numbered_from_the_oldest(store: RunStore, tmp_path: Path) -> None:
    for run in store.known()[1:4]:
        rename(run, "Best so far")
    for _ in range(2):
        titles = [row.title for row in list_rows(store, cache=tmp_path / "rows")]
        assert titles == ["r4", "Best so far (3)", "Best so far (2)", "Best so far", "r0"]
    compared = store.compare(store.known()[2:4])
    assert [run.title for run in compared.runs] == ["Best so far", "Best so far (2)"]


@pytest.mark.parametrize("change", ["title", "history", "record", "deleted", "moved"])
def test_a_change_is_seen_and_only_what_changed_is_read(store: RunStore, tmp_path: Path, change: str) -> None:
    cache, run = tmp_path / "rows", Run(tmp_path / "runs" / "r2")
    list_rows(store, cache=cache)
    if change == "title":
        rename(run, "mine")
    elif change == "history":
        run.file("history.csv").write_text("epoch,loss,accuracy,val_loss,val_accuracy\n1,1,0.5,1,0.9\n")
    elif change == "record":
        run.update(state=RunState.FAILED)
    elif change == "deleted":
        shutil.rmtree(run.path)
    else:
        run.path.rename(tmp_path / "runs" / "other")
    opened = Opened()
    rows = {row.id: row for row in list_rows(store, opened, cache)}
    assert opened.names == {"deleted": [], "moved": ["other"]}.get(change, ["r2"])
    if change in ("deleted", "moved"):
        assert "r2" not in rows
    else:
        found = rows["r2"]
        seen = {"title": found.title == "mine", "history": found.val_accuracy == 0.9}
        assert seen.get(change, found.state is RunState.FAILED)


def test_runs_that_have_not_ended_are_asked_each_time(store: RunStore, tmp_path: Path) -> None:
    cache, run = tmp_path / "rows", Run(tmp_path / "runs" / "r1")
    run.update(state=RunState.RUNNING)
    with run.lock():
        states = {row.id: row.state for row in list_rows(store, cache=cache)}
        assert states["r1"] is RunState.RUNNING
    states = {row.id: row.state for row in list_rows(store, cache=cache)}
    assert states["r1"] is RunState.INTERRUPTED


def test_a_cache_that_cannot_be_used_hides_nothing(store: RunStore, tmp_path: Path) -> None:
    cache = tmp_path / "rows"
    cache.write_bytes(b"no database" * 100)
    assert len(list_rows(store, cache=cache)) == 5
    assert len(list_rows(store, cache=cache)) == 5
    blocked = tmp_path / "file" / "rows"
    (tmp_path / "file").write_text("a file where a folder would have to be")
    assert len(list_rows(store, cache=blocked)) == 5


def test_what_may_not_be_opened_is_left_out(store: RunStore, tmp_path: Path) -> None:
    def refuse(path: Path) -> Run:
        raise RunNotFoundError("There is no such run", where=path)

    assert list_rows(store, refuse, tmp_path / "rows") == []


def test_folders_are_followed_to_where_they_are(store: RunStore, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "runs", target_is_directory=True)
    (tmp_path / "runs" / "again").symlink_to(tmp_path / "runs" / "r0", target_is_directory=True)
    found = RunStore(tmp_path / "link", tmp_path / "index.jsonl").paths()
    assert sorted(found) == sorted(os.path.realpath(tmp_path / "runs" / f"r{number}") for number in range(5))


@pytest.mark.slow
def test_ten_thousand_runs_are_listed_quickly(store: RunStore, tmp_path: Path) -> None:
    source = tmp_path / "runs" / "r0"
    for number in range(5, 10_000):
        copy = tmp_path / "runs" / f"r{number}"
        copy.mkdir()
        for name in ("run.json", "history.csv"):
            (copy / name).write_bytes((source / name).read_bytes())
    cache = tmp_path / "rows"
    assert len(list_rows(store, cache=cache)) == 10_000
    started = time.process_time()
    assert len(list_rows(store, cache=cache)) == 10_000
    # Of the processor's time, since tests share the machine with others.
    assert time.process_time() - started < 5
