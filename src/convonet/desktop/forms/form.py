"""A form made from declared fields: a line for each with its name, editor and help, and its fault where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from convonet.desktop.forms.editors import Editor, editor_for
from convonet.desktop.widgets.basic import label
from convonet.params import Field

_LABEL, _EDITOR, _LINE = 150, 360, 32


class FieldRow:
    """The widgets of one parameter."""

    def __init__(self, field: Field, edited: Callable[[], object]) -> None:
        self.field = field
        self.editor: Editor = editor_for(field, edited)
        self.name = QLabel(f"{field.label}")
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.name.setBuddy(self.editor.widget)
        self.help = label(field.help, "small", wrap=True)
        self.fault = label("", "wrong", wrap=True)
        self.fault.hide()
        self.editor.widget.setAccessibleName(field.label)
        self.editor.widget.setAccessibleDescription(field.help)
        tip = f"{field.name}: {field.expected_text()}"
        self.name.setToolTip(tip)
        self.editor.widget.setToolTip(tip)
        self.set_default(field.default)

    def set_default(self, value: Any) -> None:
        """Show what an empty field means."""
        field = self.field
        known = field.show(value) if value is not None else field.default_text
        unit = f" {field.unit}" if field.unit and value is not None else ""
        self.editor.set_default(f"{known}{unit}" if value is None else f"{known}{unit} (default)")

    def mark(self, sentence: str) -> None:
        """Show the fault, or take it away."""
        self.fault.setText(sentence)
        if sentence and self.name.isHidden():
            self.set_visible(True)
        self.fault.setVisible(bool(sentence))
        widget = self.editor.widget
        if widget.property("wrong") != bool(sentence):
            widget.setProperty("wrong", bool(sentence))
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        tip = f"{self.field.name}: {self.field.expected_text()}"
        widget.setAccessibleDescription(sentence or self.field.help)
        widget.setToolTip(sentence or tip)

    def set_visible(self, visible: bool) -> None:
        """Show or hide the whole line."""
        for part in (self.name, self.editor.whole, self.help):
            part.setVisible(visible)
        self.fault.setVisible(visible and bool(self.fault.text()))


class ParamForm(QWidget):
    """All parameters of a model, group by group.

    Signals:
        edited: the person changed something.
    """

    edited = Signal()

    def __init__(self, fields: Mapping[str, Field]) -> None:
        super().__init__()
        self.setObjectName("plain")
        self.rows: dict[str, FieldRow] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 16, 24)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(7)
        grid.setColumnMinimumWidth(0, _LABEL)
        grid.setColumnMinimumWidth(1, _EDITOR)
        grid.setColumnStretch(2, 1)
        group, line = None, 0
        for name, field in fields.items():
            if field.group != group:
                group = field.group
                heading = label(group, "section")
                heading.setContentsMargins(0, 14 if line else 0, 0, 2)
                grid.addWidget(heading, line, 0, 1, 3)
                line += 1
            self._add(grid, line, FieldRow(field, self.edited.emit), name)
            line += 2
        grid.setRowStretch(line, 1)

    def _add(self, grid: QGridLayout, line: int, made: FieldRow, name: str) -> None:
        self.rows[name] = made
        top = Qt.AlignmentFlag.AlignTop
        made.name.setMinimumHeight(_LINE)
        made.help.setMinimumHeight(_LINE)
        made.editor.whole.setFixedWidth(_EDITOR)
        grid.addWidget(made.name, line, 0, top)
        grid.addWidget(made.editor.whole, line, 1, top)
        grid.addWidget(made.help, line, 2)
        grid.addWidget(made.fault, line + 1, 1, 1, 2)

    def texts(self) -> dict[str, str]:
        """What was typed, without what is empty."""
        found = {name: made.editor.text() for name, made in self.rows.items()}
        return {name: text for name, text in found.items() if text}

    def show_texts(self, texts: Mapping[str, str]) -> None:
        """Show values; fields that are not named become empty."""
        for name, made in self.rows.items():
            made.editor.set_text(texts.get(name, ""))

    def mark(self, faults: Mapping[str, str]) -> None:
        """Mark the wrong fields with their sentences and clear the others."""
        for name, made in self.rows.items():
            made.mark(faults.get(name, ""))

    def focus_first_fault(self) -> None:
        """Put the cursor where the first wrong value stands."""
        wrong = next((made for made in self.rows.values() if made.fault.text()), None)
        if wrong is not None:
            wrong.editor.widget.setFocus()
