"""A run that is refused leaves the disk as it was; what others have made stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from convonet.errors import ConvonetError, InputError
from convonet.params import DataParams, HyperParams
from convonet.runs import Run, RunStore
from convonet.runs.begin import begin_run
from convonet.tasks import TrainTask


def _task() -> TrainTask:
    return TrainTask(data=DataParams(train_dir="images"), hyper=HyperParams(), recipe="none", threads=1)


def test_the_folders_that_were_made_for_a_run_go_with_it(tmp_path: Path) -> None:
    run = begin_run(_task(), tmp_path / "a" / "b", name="run")
    run.update(attempt=1)
    assert RunStore().drop_unbegun(run)
    assert list(tmp_path.iterdir()) == []
    assert RunStore().known() == []


def test_folders_that_were_there_or_are_used_stay(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    inside = begin_run(_task(), tmp_path / "mine", name="run")
    first = begin_run(_task(), tmp_path / "runs", name="first")
    begin_run(_task(), tmp_path / "runs", name="second")
    for run in (inside, first):
        run.update(attempt=1)
        assert RunStore().drop_unbegun(run)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/")} == {"mine", "runs"}
    assert [run.id for run in RunStore().known()] == ["second"]


def test_a_run_that_has_begun_keeps_its_folders(tmp_path: Path) -> None:
    run = begin_run(_task(), tmp_path / "runs", name="run")
    run.update(attempt=1)
    run.file("history.csv").touch()
    assert not RunStore().drop_unbegun(run)
    assert run.path.is_dir()


def test_a_run_that_cannot_be_made_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConvonetError):
        Run.create(tmp_path / "a" / "b", _task(), name="n" * 300)
    (tmp_path / "file").touch()
    with pytest.raises(ConvonetError, match="a file, not a folder"):
        Run.create(tmp_path / "file", _task())
    # An index that cannot be written: the run would never be found again.
    monkeypatch.setenv("CONVONET_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(ConvonetError):
        begin_run(_task(), tmp_path / "c", name="run")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_name_that_is_taken_leaves_the_other_run(tmp_path: Path) -> None:
    Run.create(tmp_path / "runs", _task(), name="run")
    with pytest.raises(InputError, match="already exists"):
        Run.create(tmp_path / "runs", _task(), name="run")
    assert Run.open(tmp_path / "runs" / "run").read().kind == "train"
