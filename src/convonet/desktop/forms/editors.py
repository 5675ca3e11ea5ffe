"""One editor for each kind of parameter. All of them speak text, as a person types it on any face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QToolButton, QWidget

from convonet.desktop.widgets.basic import row
from convonet.params import FAMILIES, Field


class Editor(Protocol):
    """What a form needs of an editor."""

    @property
    def widget(self) -> QWidget:
        """The part that takes the keyboard and is marked."""

    @property
    def whole(self) -> QWidget:
        """The part that goes into the layout."""

    def text(self) -> str:
        """What stands in it; empty: the default."""

    def set_text(self, text: str) -> None:
        """Show a value."""

    def set_default(self, text: str) -> None:
        """What an empty field means."""


class LineEditor:
    """A line of text."""

    def __init__(self, edited: Callable[[], object]) -> None:
        self.widget = QLineEdit()
        self.whole: QWidget = self.widget
        self.widget.textEdited.connect(lambda _: edited())

    def text(self) -> str:
        return self.widget.text().strip()

    def set_text(self, text: str) -> None:
        if self.text() != text:
            self.widget.setText(text)

    def set_default(self, text: str) -> None:
        self.widget.setPlaceholderText(text)


class PathEditor(LineEditor):
    """A line with a button that looks for a folder.

    Attributes:
        choose: asks for a folder, given the present one; None when it was given up.
    """

    def __init__(self, edited: Callable[[], object]) -> None:
        super().__init__(edited)
        self.choose: Callable[[str], Path | None] = lambda present: None
        self._edited = edited
        look = QToolButton()
        look.setText("Browse …")
        look.setObjectName("beside")
        look.setAccessibleName("Browse for a folder")
        look.clicked.connect(self._browse)
        whole = QWidget()
        whole.setLayout(row(self.widget, look, gap=6))
        self.whole = whole

    def _browse(self) -> None:
        folder = self.choose(self.text())
        if folder is not None:
            self.widget.setText(str(folder))
            self._edited()


class ChoiceEditor:
    """A list to choose from. Where several values may be given it can also be typed into."""

    def __init__(self, choices: Sequence[str], several: bool, edited: Callable[[], object]) -> None:
        self.widget = QComboBox()
        self.whole: QWidget = self.widget
        self.widget.setEditable(several)
        self.widget.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.widget.addItem("")
        self.widget.addItems(list(choices))
        self.widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        line = self.widget.lineEdit()
        if several and line is not None:
            line.textEdited.connect(lambda _: edited())
            self.widget.activated.connect(lambda _: edited())
        else:
            self.widget.activated.connect(lambda _: edited())
            self.widget.currentIndexChanged.connect(lambda _: self._show_whether_set())
            self._show_whether_set()

    def _show_whether_set(self) -> None:
        """The default is shown in the colour of defaults."""
        self.widget.setProperty("unset", self.widget.currentIndex() <= 0)
        self.widget.style().unpolish(self.widget)
        self.widget.style().polish(self.widget)

    def text(self) -> str:
        if self.widget.isEditable():
            return self.widget.currentText().strip()
        return "" if self.widget.currentIndex() <= 0 else self.widget.currentText()

    def set_text(self, text: str) -> None:
        if self.text() == text:
            return
        if self.widget.isEditable():
            self.widget.setEditText(text)
        else:
            self.widget.setCurrentIndex(max(self.widget.findText(text), 0))

    def set_default(self, text: str) -> None:
        line = self.widget.lineEdit()
        if line is not None:
            line.setPlaceholderText(text)
        else:
            self.widget.setItemText(0, text)


class TextEditor:
    """Several lines, for lists of layers and tables of names."""

    def __init__(self, edited: Callable[[], object]) -> None:
        self.widget = QPlainTextEdit()
        self.whole: QWidget = self.widget
        self.widget.setFixedHeight(84)
        self.widget.setTabChangesFocus(True)
        self._edited = edited
        self.widget.textChanged.connect(self._tell)

    def _tell(self) -> None:
        if self.widget.hasFocus():
            self._edited()

    def text(self) -> str:
        return self.widget.toPlainText().strip()

    def set_text(self, text: str) -> None:
        if self.text() != text:
            self.widget.setPlainText(text)

    def set_default(self, text: str) -> None:
        self.widget.setPlaceholderText(text)


def editor_for(field: Field, edited: Callable[[], object]) -> Editor:
    """The editor that suits a parameter."""
    if field.name == "family":
        return ChoiceEditor(tuple(FAMILIES), True, edited)
    if field.kind == "path":
        return PathEditor(edited)
    if field.kind == "bool":
        return ChoiceEditor(("true", "false"), field.tunable, edited)
    if field.kind == "choice":
        return ChoiceEditor(tuple(map(str, field.choices)), field.tunable, edited)
    if field.is_json:
        return TextEditor(edited)
    return LineEditor(edited)
