"""Many sets: found in a folder, trained one after the other, one table."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.many_sets import ManySetsDialog
from convonet.params import SearchSpace


@pytest.fixture
def sets(digits: Path, tmp_path: Path) -> Path:
    """A folder with two sets of two digits each, one with test images, and a folder that is none."""
    folder = tmp_path / "sets"
    for name, classes in (("set 2", "01"), ("set 10", "23")):
        for digit in classes:
            target = folder / name / "train" / digit
            target.mkdir(parents=True)
            for file in sorted((digits / "train" / digit).iterdir())[:30]:
                shutil.copy(file, target)
    for digit in "01":
        shutil.copytree(digits / "test" / digit, folder / "set 2" / "test" / digit)
    (folder / "notes").mkdir()
    return folder


def opened(window: AppWin, sets: Path, qtbot: Any) -> ManySetsDialog:
    dialog = ManySetsDialog(window.controller, window)
    qtbot.addWidget(dialog)
    dialog.open_folder(sets)
    qtbot.waitUntil(lambda: len(dialog.queue.sets) == 3)
    return dialog


def test_sets_are_found_in_natural_order(window: AppWin, sets: Path, qtbot: Any) -> None:
    dialog = opened(window, sets, qtbot)
    rows = [row[:4] for row in dialog.table.rows.rows]
    assert rows[0] == ("notes", "unusable", None, None)
    assert rows[1:] == [("set 2", "waiting", 60, 2), ("set 10", "waiting", 60, 2)]
    assert dialog.start_button.isEnabled()
    assert not dialog.stop_button.isEnabled()


def test_nothing_is_announced_where_no_folder_is_a_set(window: AppWin, tmp_path: Path, qtbot: Any) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / "none" / name).mkdir(parents=True)
    dialog = opened(window, tmp_path / "none", qtbot)
    assert dialog._note.text() == "Folders that can be used as data sets: 0 of 3."


@pytest.mark.slow
def test_each_is_trained_and_tested_in_turn(
    window: AppWin, sets: Path, qtbot: Any, answers: Any, tmp_path: Path
) -> None:
    session = window.controller.session
    session.params.set_exact(SearchSpace.of({"family": "logistic", "epochs": 3, "batch_size": 16}))
    session.params.set_data(session.params.data.changed(image_size=8, result_dir=str(tmp_path / "runs")))
    dialog = opened(window, sets, qtbot)
    dialog.start_button.click()
    assert dialog.stop_button.isEnabled()
    qtbot.waitUntil(lambda: not dialog.queue.is_on and session.work is None, timeout=240_000)
    assert answers.errors == []
    assert [one.state for one in dialog.queue.sets] == ["unusable", "done", "done"]
    _, first, second = dialog.queue.sets
    assert first.row is not None
    assert second.row is not None
    assert first.row.test_accuracy is not None
    assert first.row.test_accuracy > 0.9
    assert second.row.test_accuracy is None
    assert {Path(str(one.row.run)).parent for one in (first, second) if one.row} == {tmp_path / "runs"}


@pytest.mark.slow
def test_stopping_one_leaves_the_rest_waiting(
    window: AppWin, sets: Path, qtbot: Any, wait_work: Callable[..., None]
) -> None:
    session = window.controller.session
    session.params.set_exact(SearchSpace.of({"family": "logistic", "epochs": 2000, "batch_size": 4}))
    session.params.set_data(session.params.data.changed(image_size=8))
    dialog = opened(window, sets, qtbot)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: window.controller.progress.epochs_done >= 1)
    dialog.stop_button.click()
    wait_work(window)
    assert [one.state for one in dialog.queue.sets] == ["unusable", "stopped", "waiting"]
    assert dialog.start_button.isEnabled()
