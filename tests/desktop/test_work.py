"""Work in the window: stopped, killed, left in the background, taken up again; the window lives on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.desktop.kept_session import attach_running
from convonet.events import RunState
from convonet.runs import Run

Wait = Callable[..., None]
LONG = {"family": "logistic", "epochs": 2000, "batch_size": 16}


def start_long(window: AppWin, qtbot: Any, epochs: int = 2) -> Run:
    """Begin a training that takes minutes, and wait for its first epochs."""
    from convonet.params import SearchSpace

    session = window.controller.session
    session.params.set_space(SearchSpace.of(LONG))
    window.controller.actions["train_val"].trigger()
    assert session.work is not None
    run = session.work.run
    qtbot.waitUntil(lambda: window.controller.progress.epochs_done >= epochs)
    return run


def test_one_work_at_a_time_and_stop_keeps_it(
    loaded: AppWin, qtbot: Any, answers: Any, wait_work: Wait
) -> None:
    run = start_long(loaded, qtbot)
    actions = loaded.controller.actions
    for name in ("train_val", "train_only", "initialise"):
        assert not actions[name].isEnabled()
        assert "Another task is running" in actions[name].toolTip()
    asked = time.monotonic()
    loaded.controller.actions["stop"].trigger()
    qtbot.waitUntil(lambda: loaded.controller.progress.acknowledged)
    acknowledged = time.monotonic() - asked
    wait_work(loaded)
    # Five times what a machine at rest may take; to the end of the training it would be minutes.
    assert acknowledged < 7.5
    assert run.state() is RunState.CANCELLED
    assert run.file("model.keras").is_file()
    assert answers.errors == []
    page: Any = loaded.page("train")
    assert len(page.table.rows.rows) == len(run.history()["epoch"])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_a_killed_worker_gives_one_message_with_resume(
    loaded: AppWin, qtbot: Any, answers: Any, wait_work: Wait
) -> None:
    run = start_long(loaded, qtbot)
    process = run.read()["process"]
    answers.taken = "Resume"
    os.kill(process, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(answers.errors))
    assert len(answers.errors) == 1
    assert "killed" in answers.errors[0].what
    assert answers.offers == [("Resume",)]
    qtbot.waitUntil(lambda: run.read()["attempt"] == 2)
    seen = loaded.controller.progress.epochs_done
    qtbot.waitUntil(lambda: loaded.controller.progress.epochs_done > seen)
    answers.taken = ""
    loaded.controller.actions["stop"].trigger()
    wait_work(loaded)
    assert len(answers.errors) == 1
    assert run.state() is RunState.CANCELLED


@pytest.mark.slow
def test_closing_asks_and_can_stay_or_stop(loaded: AppWin, qtbot: Any, answers: Any) -> None:
    run = start_long(loaded, qtbot, epochs=1)
    answers.choices = ["Stay"]
    loaded.close()
    assert loaded.isVisible()
    answers.choices = ["Stop and close"]
    loaded.close()
    qtbot.waitUntil(lambda: not loaded.isVisible())
    assert run.state() is RunState.CANCELLED


@pytest.mark.slow
def test_left_in_the_background_and_shown_again(
    open_app: Any, qtbot: Any, answers: Any, load_digits: Callable[[AppWin], None], wait_work: Wait
) -> None:
    first: AppWin = open_app()
    load_digits(first)
    run = start_long(first, qtbot, epochs=1)
    worker: Any = first.controller.session.work
    answers.choices = ["Continue in the background"]
    first.close()
    assert not first.isVisible()
    first.controller.session.work = None

    second: AppWin = open_app()
    attach_running(second.controller)
    qtbot.waitUntil(lambda: second.controller.session.work is not None)
    assert second.shown == "train"
    done = second.controller.progress.epochs_done
    qtbot.waitUntil(lambda: second.controller.progress.epochs_done > done)
    second.controller.actions["stop"].trigger()
    wait_work(second)
    assert run.state() is RunState.CANCELLED
    worker.end()
    assert answers.errors == []


def test_images_are_predicted_when_they_are_dropped(
    loaded: AppWin, qtbot: Any, answers: Any, digits: Path, wait_work: Wait, tmp_path: Path
) -> None:
    loaded.controller.actions["train_only"].trigger()
    wait_work(loaded)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not an image")
    files = [*sorted((digits / "test" / "3").glob("*.png"))[:3], broken]
    loaded.controller.guard(lambda: loaded.files.take_paths(files))
    assert [error.sentence() for error in answers.errors] == []
    assert loaded.shown == "use"
    wait_work(loaded)
    assert answers.errors == []
    page: Any = loaded.page("use")
    rows = page.table.rows.rows
    assert [row[0] for row in rows] == [file.name for file in files]
    assert rows[3][1:3] == ("", None)
    assert rows[3][3]
    page.unsure.setValue(100)
    assert page.table.rows.rows[0][3] == "unsure"
    _draw_a_one(page)
    qtbot.waitUntil(lambda: "% confident" in page._says.text())
    assert page._answer.text() in loaded.controller.session.class_names


def _draw_a_one(page: Any) -> None:
    from PySide6.QtCore import QPointF

    page.pad.stroke(QPointF(140, 40), QPointF(140, 240))
    page.pad.drawn.emit()


@pytest.mark.slow
def test_images_that_changed_are_told_and_can_be_accepted(
    loaded: AppWin, qtbot: Any, answers: Any, digits: Path, tmp_path: Path, wait_work: Wait
) -> None:
    import shutil

    own = tmp_path / "own"
    shutil.copytree(digits / "train", own)
    session = loaded.controller.session
    session.params.set_data(session.params.data.changed(train_dir=str(own)))
    loaded.controller.scan()
    qtbot.waitUntil(lambda: "train" in session.sets)
    run = start_long(loaded, qtbot, epochs=1)
    loaded.controller.actions["stop"].trigger()
    wait_work(loaded)
    next((own / "3").glob("*.png")).unlink()
    answers.taken = "Continue with these images"
    loaded.tasks.resume(run)
    qtbot.waitUntil(lambda: bool(answers.errors))
    assert answers.offers == [("Continue with these images",)]
    qtbot.waitUntil(lambda: run.read()["attempt"] == 3)
    qtbot.waitUntil(lambda: loaded.controller.progress.now is not None)
    answers.taken = ""
    loaded.controller.actions["stop"].trigger()
    wait_work(loaded)
    assert len(answers.errors) == 1
