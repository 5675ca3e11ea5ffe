"""Results that come after their page or dialog is gone do nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QDialog, QLabel, QWidget

from convonet.desktop.background import Background
from convonet.desktop.dialogs.about import AboutDialog
from convonet.documents.installation import ExaminedMachine, InstallationDocument, OwnFolders
from convonet.errors import ConvonetError
from convonet.events import StageStarted, Watch


class _Page(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.text = QLabel(parent=self)
        self.heard: list[Any] = []

    def show_result(self, value: Any) -> None:
        self.heard.append(value)
        self.text.setText(str(value))


def _closure(page: _Page) -> Callable[[Any], None]:
    return lambda value: page.show_result(value)


@pytest.mark.parametrize("how", ["done", "failed", "told"])
@pytest.mark.parametrize("callback", [lambda page: page.show_result, _closure], ids=["method", "lambda"])
@pytest.mark.parametrize("alive", [True, False])
def test_a_callback_of_a_destroyed_page_is_not_called(
    how: str, callback: Callable[[_Page], Callable[[Any], None]], alive: bool, qtbot: Any
) -> None:
    page, background, go = _Page(), Background(), threading.Event()

    def work(watch: Watch) -> str:
        go.wait(120)
        watch.tell(StageStarted(stage="x", title="x"))
        if how == "failed":
            raise ConvonetError("it failed")
        return "result"

    def ignore(_: Any) -> None:
        return

    heard, given = page.heard, dict.fromkeys(("done", "failed", "told"), ignore) | {how: callback(page)}
    background.call("work", work, given["done"], given["failed"], given["told"])
    if not alive:
        page.deleteLater()
        del page
        qtbot.wait(10)
    go.set()
    qtbot.waitUntil(lambda: not background.is_busy())
    qtbot.wait(10)
    background.close()
    assert len(heard) == int(alive)


def test_about_may_be_closed_at_once(qtbot: Any) -> None:
    background, go = Background(), threading.Event()

    def examine() -> InstallationDocument:
        go.wait(120)
        return InstallationDocument(
            ready=True,
            versions={},
            machine=ExaminedMachine(memory_bytes=1, cores=1),
            folders=OwnFolders(home="", cache=""),
            parts=(),
        )

    dialog: QDialog = AboutDialog(background, examine)
    dialog.show()
    dialog.accept()
    dialog.deleteLater()
    qtbot.wait(10)
    go.set()
    qtbot.waitUntil(lambda: not background.is_busy())
    background.close()
