"""The answers of a sorting as buttons: pressed, reached by a number key, or dropped onto."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QPushButton, QWidget

from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.sort_board import MIME
from convonet.text import counted

# There is one number key for each class up to 9; the others have only their buttons.
_KEYED = 9


class AnswerButton(QPushButton):
    """One answer; images that are selected may be dropped onto it."""

    def __init__(self, text: str, act: Callable[[], object]) -> None:
        super().__init__(text)
        self._act = act
        self.setAcceptDrops(True)
        self.clicked.connect(lambda: act())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            self.setDown(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.setDown(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.setDown(False)
        event.acceptProposedAction()
        self._act()


class AnswerKeys(QWidget):
    """A button for each class and for the answers that are no class.

    Args:
        act: called with the answer that was given.
    """

    def __init__(self, act: Callable[[str], object]) -> None:
        super().__init__()
        self._act = act
        self._flow = FlowLayout(gap=8)
        self.setLayout(self._flow)
        self.setAccessibleName("Labels")
        self.buttons: dict[str, AnswerButton] = {}
        self.by_key: dict[str, str] = {}

    def show_answers(self, classes: list[tuple[str, int]], others: list[tuple[str, str, str, int]]) -> None:
        """Show the answers.

        Args:
            classes: name and number of images, in the order of the number keys.
            others: answer, title, key and number of images.
        """
        lines = [
            (name, name, str(index + 1) if index < _KEYED else "", count)
            for index, (name, count) in enumerate(classes)
        ]
        lines += others
        # Mostly only the counts change; then the buttons stay, and with them the focus.
        if list(self.buttons) != [answer for answer, *_ in lines]:
            self._make([answer for answer, *_ in lines])
        self.by_key = {key: answer for answer, _, key, _ in lines if key}
        for answer, title, key, count in lines:
            # An ampersand in a name is no shortcut.
            shown = title.replace("&", "&&")
            self.buttons[answer].setText(f"{key}  {shown}  {count:,}" if key else f"{shown}  {count:,}")
            self.buttons[answer].setAccessibleName(f"{title}, {counted(count, 'image')}")

    def _make(self, answers: list[str]) -> None:
        for made in self.buttons.values():
            self._flow.removeWidget(made)
            made.hide()
            made.deleteLater()
        self.buttons = {}
        for answer in answers:
            made = self.buttons[answer] = AnswerButton("", partial(self._act, answer))
            self._flow.addWidget(made)
