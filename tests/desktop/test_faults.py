"""What a person tripped over, each with its test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QWidget

from convonet.desktop.actions import PAGES
from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.pick import Choice, PickDialog
from convonet.desktop.mistakes import root_of
from convonet.errors import DataError
from convonet.events import Progressed, RunState, StageStarted
from convonet.launch.work import WorkEnded
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.session.opened import OpenedModel
from convonet.session.progress import Progress
from convonet.tasks import ExportTask, TrainTask
from made_scores import made_document


def turn_wheel(over: QWidget) -> None:
    middle = QPointF(over.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(over.mapToGlobal(middle.toPoint())),
        QPoint(0, 0),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(over, event)


def test_the_wheel_changes_no_value(window: AppWin) -> None:
    for name in ("tune", "params", "use"):
        window.show_page(name)
        page = window.page(name)
        boxes: list[Any] = [*page.findChildren(QComboBox), *page.findChildren(QAbstractSpinBox)]
        assert boxes
        for box in boxes:
            before = box.currentText() if isinstance(box, QComboBox) else box.text()
            turn_wheel(box)
            assert (box.currentText() if isinstance(box, QComboBox) else box.text()) == before


def test_the_window_fits_a_small_screen_and_every_page_can_be_reached(window: AppWin, qtbot: Any) -> None:
    """At twice the size of letters a screen of 1440 × 900 pixels has room for 720 × 450."""
    for name in PAGES:
        window.show_page(name)
    window.resize(720, 420)
    qtbot.waitUntil(lambda: window.rail.width() < 100)
    assert (window.width(), window.height()) == (720, 420)
    for name in PAGES:
        window.show_page(name)
        page, frame = window.page(name), window._frames[name]
        hidden = page.minimumSizeHint().width() - frame.viewport().width()
        assert frame.horizontalScrollBar().maximum() >= hidden
    window.resize(1200, 800)
    qtbot.waitUntil(lambda: window.rail.width() > 200)


@pytest.mark.slow
@pytest.mark.parametrize("width", [900, 1024, 1440])
def test_no_page_is_wider_than_the_window(loaded: AppWin, qtbot: Any, width: int) -> None:
    loaded.resize(width, 700)
    for name in PAGES:
        loaded.show_page(name)
        qtbot.wait(20)
        assert loaded._frames[name].horizontalScrollBar().maximum() == 0, name


def test_a_folder_that_cannot_be_read_is_not_remembered(
    window: AppWin, answers: Any, qtbot: Any, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    window.files.take_folder(tmp_path / "empty")
    qtbot.waitUntil(lambda: len(answers.errors) == 1)
    assert window.controller.window_state.recent == []


def test_a_folder_that_can_be_read_is_remembered(window: AppWin, qtbot: Any, digits: Path) -> None:
    window.files.take_folder(digits / "train")
    qtbot.waitUntil(lambda: window.controller.window_state.recent == [str(digits / "train")])


def test_answers_are_looked_for_where_they_were_given(window: AppWin, tmp_path: Path, digits: Path) -> None:
    controller = window.controller
    controller.session.params.set_data(DataParams.of({"test_dir": str(digits / "test")}))
    scores = made_document(tmp_path, ("a", "b"), ((1, 0), (0, 1)), root=str(tmp_path))
    assert root_of(controller.session, scores) == tmp_path
    assert root_of(controller.session, scores.changed(root=str(tmp_path / "moved"))) == digits / "test"
    assert root_of(controller.session, scores.changed(root="")) == digits / "test"


def test_no_time_is_left_where_all_steps_are_done() -> None:
    progress = Progress()
    progress.take(StageStarted(stage="test", title="Testing"))
    progress.take(Progressed(stage="test", done=50, total=100, seconds_left=3.0))
    assert (progress.share, progress.seconds_left) == (0.5, 3.0)
    progress.take(Progressed(stage="test", done=100, total=100, seconds_left=0.2))
    assert (progress.share, progress.seconds_left) == (None, None)


def test_what_is_not_installed_cannot_be_chosen(qtbot: Any) -> None:
    choices = [Choice("ONNX", "One file"), Choice("LiteRT", "For phones", "Not installed: pip install x")]
    dialog = PickDialog("Export the model as", choices, "Export …")
    qtbot.addWidget(dialog)
    assert dialog.taken == "ONNX"
    dialog.buttons["LiteRT"].click()
    assert dialog.taken == "ONNX"
    assert dialog.buttons["LiteRT"].accessibleDescription().startswith("Not installed")


def made_int8(path: Path) -> dict[str, Any]:
    def numbers(accuracy: float) -> dict[str, Any]:
        interval = [accuracy - 0.02, accuracy + 0.01]
        return {
            "accuracy": accuracy,
            "accuracy_interval": interval,
            "bytes": 100,
            "images_per_second": {"1": 9.0},
        }

    return {
        "format": "onnx-int8",
        "path": str(path),
        "split": "test",
        "images": 200,
        "accuracy_loss": 0.005,
        "accuracy_loss_interval": [-0.005, 0.015],
        "only_float_correct": 2,
        "only_int8_correct": 1,
        "changed_predictions": 4,
        "largest_difference": 0.1,
        "float": numbers(0.98),
        "int8": numbers(0.975),
        "max_loss": 0.01,
        "calibration_images": 100,
        "weight_bits": 8,
        "threads": 1,
        "processor": "any",
        "versions": {},
    }


def test_an_export_is_told_and_a_failure_says_what_failed(
    window: AppWin, answers: Any, qtbot: Any, tmp_path: Path
) -> None:
    told: list[tuple[str, str]] = []
    choose = answers.choose
    answers.choose = lambda title, text, given: told.append((title, text)) or choose(title, text, given)
    task = ExportTask(model=str(tmp_path), format="onnx", out=str(tmp_path / "m.onnx"))
    run = Run.create(tmp_path / "runs", task)
    window._ended(WorkEnded(task, run, RunState.DONE, {"path": str(tmp_path / "m.onnx")}))
    qtbot.waitUntil(lambda: bool(told))
    assert told[0][0] == "Exported and checked"
    assert str(tmp_path / "m.onnx") in told[0][1]
    assert "The exported model gives the same predictions" in told[0][1]
    small = task.changed(format="onnx-int8")
    window._ended(WorkEnded(small, run, RunState.DONE, made_int8(tmp_path / "m.onnx")))
    qtbot.waitUntil(lambda: len(told) == 2)
    assert "Accuracy 97.5% (98.0% in floating point), measured on 200 images." in told[1][1]
    assert "same predictions" not in told[1][1]
    page = task.changed(format="web", unchecked=True)
    window._ended(WorkEnded(page, run, RunState.DONE, {"path": str(tmp_path / "web")}))
    qtbot.waitUntil(lambda: len(told) == 3)
    assert told[2][0] == "Exported"
    assert "not tried in a browser" in told[2][1]
    train = TrainTask(data=DataParams(), hyper=HyperParams())
    window._ended(WorkEnded(train, run, RunState.FAILED, error=DataError("No images were found")))
    assert window.statusBar().currentMessage() == "Training failed: No images were found"


def test_a_model_that_is_loaded_can_be_used_at_once(
    window: AppWin, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.controller.session
    started: list[Any] = []
    monkeypatch.setattr(session, "start", started.append)
    (tmp_path / "model.h5").write_bytes(b"opened by a worker only")
    window.files.take_model(tmp_path / "model.h5")
    qtbot.waitUntil(lambda: isinstance(session.model, OpenedModel))
    qtbot.waitUntil(lambda: bool(started))
    assert window.shown == "use"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_digits_button_says_at_once_what_it_does(window: AppWin, qtbot: Any) -> None:
    window.controller.actions["demo"].trigger()
    assert window.shown == "train"
    page: Any = window.page("train")
    assert page._progress.isVisible()
    assert page._now.text() == "Saving 1,797 images of handwritten digits …"
    qtbot.waitUntil(lambda: window.controller.session.work is not None)
    assert window.controller.preparing == ""
    assert page._now.text() != "Saving 1,797 images of handwritten digits …"
