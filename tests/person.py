"""A person at the window: presses what can be seen and pressed, and counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

from convonet.desktop.app_win import AppWin


class Person:
    """Clicks with the mouse.

    Args:
        answers: what the person says to dialogs; see `conftest`.

    Attributes:
        clicks: so far; an entry of a menu takes two, an answer to a dialog one.
    """

    def __init__(self, window: AppWin, qtbot: Any, answers: Any) -> None:
        self.window, self._qtbot, self._answers = window, qtbot, answers
        self.clicks = 0

    def press(self, text: str, within: QWidget | None = None) -> None:
        """Click the one button of that text that is in sight and can be pressed."""
        found = [
            made
            for made in (within or self.window).findChildren(QAbstractButton)
            if made.text() == text and made.isVisible() and made.isEnabled()
        ]
        assert found, f"no button {text!r} can be pressed on the page {self.window.shown}"
        self._qtbot.mouseClick(found[0], Qt.MouseButton.LeftButton)
        self.clicks += 1

    def go_to(self, page: str) -> None:
        """Click a step of the workflow."""
        self._qtbot.mouseClick(self.window.rail.buttons[page], Qt.MouseButton.LeftButton)
        self.clicks += 1

    def choose_in_menu(self, action: str) -> None:
        """Open a menu and take an entry."""
        found = self.window.controller.actions[action]
        assert found.isEnabled(), found.toolTip()
        found.trigger()
        self.clicks += 2

    def will_choose(self, *paths: Path) -> None:
        """Files or folders for the dialogs that follow, a click each."""
        self._answers.paths = list(paths)
        self.clicks += len(paths)

    def will_say(self, *choices: str) -> None:
        """Answers for the dialogs that follow, a click each."""
        self._answers.choices = list(choices)
        self.clicks += len(choices)

    def waits(self, seconds: float = 240) -> None:
        """Until the work is done."""
        session = self.window.controller.session
        self._qtbot.waitUntil(lambda: session.work is None, timeout=round(1000 * seconds))
