"""Pictures without a file: pasted, or seen by a camera."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QGuiApplication, QImage

from convonet.desktop.app_win import AppWin
from convonet.desktop.views.camera_tab import CameraTab
from convonet.desktop.widgets.camera import Camera


def test_a_machine_without_a_camera_says_so(qtbot: Any, tmp_path: Path) -> None:
    tab = CameraTab(lambda: Camera(str(tmp_path / "no camera")))
    qtbot.addWidget(tab)
    tab.show()
    tab.start_button.click()
    qtbot.waitUntil(lambda: "No camera was found" in tab.note.text())
    assert tab.start_button.text() == "Start camera"
    assert not tab.take_button.isEnabled()


def test_what_the_camera_sees_is_shown_and_taken(qtbot: Any, tmp_path: Path) -> None:
    """A row of pictures stands for the camera: OpenCV reads both in the same way."""
    for number in range(3):
        Image.new("RGB", (60, 40), (250, 0, 10 * number)).save(tmp_path / f"{number:03}.png")
    tab = CameraTab(lambda: Camera(str(tmp_path / "%03d.png")))
    qtbot.addWidget(tab)
    tab.show()
    tab.start_button.click()
    qtbot.waitUntil(tab.take_button.isEnabled)
    with qtbot.waitSignal(tab.taken) as told:
        tab.take_button.click()
    image: QImage = told.args[0]
    assert (image.width(), image.height()) == (60, 40)
    assert image.pixelColor(5, 5).red() == 250
    qtbot.waitUntil(lambda: tab.start_button.text() == "Start camera")


def test_nothing_on_the_clipboard_is_said(loaded: AppWin, qtbot: Any) -> None:
    page: Any = loaded.page("use")
    QGuiApplication.clipboard().setText("words")
    with qtbot.waitSignal(loaded.controller.noted) as told:
        page._paste()
    assert told.args == ["There is no image on the clipboard"]


@pytest.mark.slow
def test_a_pasted_image_and_copied_files_are_predicted(
    loaded: AppWin, answers: Any, qtbot: Any, digits: Path, wait_work: Callable[..., None]
) -> None:
    session, actions = loaded.controller.session, loaded.controller.actions
    assert not actions["paste_images"].isEnabled()
    actions["train_only"].trigger()
    wait_work(loaded)
    file = next((digits / "test" / "3").iterdir())
    QGuiApplication.clipboard().setImage(QImage(str(file)))
    actions["paste_images"].trigger()
    wait_work(loaded)
    pasted = session.predictions
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    QGuiApplication.clipboard().setMimeData(data)
    actions["paste_images"].trigger()
    wait_work(loaded)
    assert answers.errors == []
    assert loaded.shown == "use"
    assert len(pasted) == len(session.predictions) == 1
    assert pasted[0]["predicted"] == session.predictions[0]["predicted"]
    assert pasted[0]["confidence"] == pytest.approx(session.predictions[0]["confidence"])
