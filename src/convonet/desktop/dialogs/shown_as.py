"""What was clicked last, and what could be clicked now, as a command and as Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QComboBox, QDialog, QPlainTextEdit, QWidget

from convonet.desktop.widgets.basic import button, column, label, row
from convonet.specs import Task
from convonet.workbench.shown_as import as_command, as_python

if TYPE_CHECKING:
    from convonet.workbench.workbench import Workbench


class ShownAsDialog(QDialog):
    """Two texts to copy."""

    def __init__(self, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Show as Command and Python")
        self.resize(720, 460)
        self._tasks = _tasks(bench)
        self.choice = QComboBox()
        self.choice.addItems(list(self._tasks) or ["Nothing to show yet: load images or a model first"])
        self.choice.setAccessibleName("What to show")
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
        task = self._tasks.get(name)
        self.command.setPlainText(as_command(task) if task else "")
        self.python.setPlainText(as_python(task) if task else "")


def _tasks(bench: Workbench) -> dict[str, Task]:
    found: dict[str, Task] = {}
    if bench.last_task is not None:
        found["What was done last"] = bench.last_task
    if not bench.why_not("train", while_working=True):
        found["Training With Validation"] = bench.train_task()
        found["Training Only"] = bench.train_task(validation=False)
        found["Initialize New Network Model"] = bench.summary_task()
    if not bench.why_not("tune", while_working=True):
        found["Tuning"] = bench.tune_task()
    if not bench.why_not("evaluate", while_working=True):
        found["Evaluation"] = bench.test_task()
    return found


def _text(name: str) -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setReadOnly(True)
    made.setAccessibleName(name)
    made.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    return made


def _copy(text: QPlainTextEdit) -> None:
    QGuiApplication.clipboard().setText(text.toPlainText())
