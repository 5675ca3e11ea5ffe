"""Runs whose images have moved: the window asks for each folder, on this machine and on a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.desktop.server_window import open_remote
from convonet.desktop.window_state import WindowState
from convonet.events import RunState
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.runs.begin import begin_run
from convonet.session.remote.backend import open_server
from convonet.tasks import TrainTask
from served import TOKEN, Served

QUICK = {"family": "logistic", "epochs": 2, "batch_size": 16}


@pytest.fixture
def root(blobs: Path) -> Path:
    """A folder with images in `before/`, whose stopped training is in `runs/stopped`."""
    blobs.rename(blobs.parent / "before")
    data = {f"{split}_dir": str(blobs.parent / "before" / split) for split in ("train", "test")}
    task = TrainTask(
        data=DataParams.of(data | {"image_size": 8}), hyper=HyperParams.of(QUICK), recipe="none", threads=1
    )
    begin_run(task, blobs.parent / "runs", name="stopped").update(state=RunState.CANCELLED, owner=0)
    return blobs.parent


@pytest.fixture
def served(root: Path) -> Iterator[Served]:
    made = Served(root)
    yield made
    made.stop()


@pytest.fixture(params=["local", "remote"])
def opened(request: pytest.FixtureRequest, qapp: Any, answers: Any) -> Iterator[AppWin]:
    """A window on this machine, and one on a server."""
    if request.param == "local":
        yield request.getfixturevalue("window")
        return
    backend = open_server(request.getfixturevalue("served").url, TOKEN)
    window = open_remote(WindowState(server=backend.name), backend)
    window.controller.ask = answers
    window.show()
    yield window
    window.close()
    window.deleteLater()
    qapp.processEvents()


def _choose(window: AppWin, qtbot: Any, state: RunState) -> Any:
    window.show_page("runs")
    page: Any = window.page("runs")
    page.refresh()
    qtbot.waitUntil(lambda: [row[3] for row in page.table.rows.rows] == [state])
    page.table.selectRow(0)
    return page


@pytest.mark.slow
def test_every_folder_that_has_moved_is_asked_for(
    root: Path, opened: AppWin, qtbot: Any, answers: Any
) -> None:
    session, run = opened.controller.session, Run.open(root / "runs" / "stopped")
    there = (lambda name: Path(name)) if session.backend.is_remote else (lambda name: root / name)

    def answered() -> bool:
        """Whether both folders were asked for and the work that followed has ended."""
        return not answers.paths and session.work is None

    page = _choose(opened, qtbot, RunState.CANCELLED)
    assert not page._verify_button.isEnabled()
    (root / "before").rename(root / "after")
    answers.paths = [there("after/train"), there("after/test")]
    page._resume_button.click()
    qtbot.waitUntil(lambda: run.state() is RunState.DONE and answered())
    assert answers.errors == []
    assert run.task().data.test_dir == str(root / "after" / "test")

    (root / "after").rename(root / "again")
    page = _choose(opened, qtbot, RunState.DONE)
    answers.paths = [there("again/train"), there("again/test")]
    page._verify_button.click()
    qtbot.waitUntil(lambda: bool(page.compared.sentences.text()))
    assert page.compared.sentences.text().startswith("Identical down to the last digit: 2 epochs")
    assert answered()
    assert answers.errors == []
    assert run.task().data.test_dir == str(root / "after" / "test"), "verifying changes no run"


def test_who_does_not_know_the_folder_leaves_the_run_as_it_is(
    root: Path, window: AppWin, qtbot: Any, answers: Any
) -> None:
    page = _choose(window, qtbot, RunState.CANCELLED)
    (root / "before").rename(root / "after")
    page._resume_button.click()
    assert window.controller.session.work is None
    assert answers.errors == []
    assert Run.open(root / "runs" / "stopped").state() is RunState.CANCELLED
