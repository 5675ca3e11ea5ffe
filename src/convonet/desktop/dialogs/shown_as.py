"""What was clicked last, and every other action, as a command and as Python."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QComboBox, QDialog, QPlainTextEdit, QWidget

from convonet.desktop.widgets.basic import button, column, label, resize_within_screen, row
from convonet.session.shown_actions import shown_actions

if TYPE_CHECKING:
    from convonet.session.session import Session

_LONG = 80


class ShownAsDialog(QDialog):
    """Two texts to copy."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Show as Command and Python")
        resize_within_screen(self, 720, 460)
        self._shown = {item.title: item for item in shown_actions(session)}
        self.choice = QComboBox()
        self.choice.addItems(list(self._shown))
        self.choice.setAccessibleName("What to show")
        self.choice.setMaxVisibleItems(30)
        self.choice.currentTextChanged.connect(self._show)
        self.command, self.python = _text("Command"), _text("Python")
        self.setLayout(
            column(
                self.choice,
                row(label("In a terminal", "section"), None, button("Copy", lambda: _copy(self.command))),
                self.command,
                row(label("In Python", "section"), None, button("Copy", lambda: _copy(self.python))),
                self.python,
                row(None, button("Close", self.accept, primary=True)),
                gap=8,
                margin=18,
            )
        )
        self._show(self.choice.currentText())

    def _show(self, name: str) -> None:
        self.command.setPlainText(folded(self._shown[name].command))
        self.python.setPlainText(self._shown[name].python)


def folded(command: str) -> str:
    """A long command with an option a line, as a shell takes it; Windows knows no such lines."""
    if os.name == "nt" or len(command) <= _LONG or "\n" in command:
        return command
    words = [shlex.quote(word) for word in shlex.split(command)]
    return " ".join(f"\\\n  {word}" if word.startswith("--") else word for word in words)


def _text(name: str) -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setReadOnly(True)
    made.setAccessibleName(name)
    made.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    return made


def _copy(text: QPlainTextEdit) -> None:
    QGuiApplication.clipboard().setText(text.toPlainText())
