"""A form made from declared fields: a line for each with its name, editor and help, and its fault where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from convonet.desktop.forms.editors import Editor, TextEditor, editor_for
from convonet.desktop.widgets.basic import label
from convonet.params import Field

_LABEL, _EDITOR, _LINE = 150, 360, 32
_NARROW = 860


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
        self._applies = self._is_wanted = True
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
        self._show()
        widget = self.editor.widget
        if widget.property("wrong") != bool(sentence):
            widget.setProperty("wrong", bool(sentence))
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        tip = f"{self.field.name}: {self.field.expected_text()}"
        widget.setAccessibleDescription(sentence or self.field.help)
        widget.setToolTip(sentence or tip)

    def set_visible(self, visible: bool) -> None:
        """Say whether the parameter means something now; it is shown where it is also wanted."""
        self._applies = visible
        self._show()

    def set_wanted(self, wanted: bool) -> None:
        """Say whether the person wants to see it; a wrong value is always shown."""
        self._is_wanted = wanted
        self._show()

    @property
    def is_shown(self) -> bool:
        """Whether the line is in the form now."""
        return (self._applies and self._is_wanted) or bool(self.fault.text())

    def _show(self) -> None:
        for part in (self.name, self.editor.whole, self.help):
            part.setVisible(self.is_shown)
        self.fault.setVisible(bool(self.fault.text()))

    def matches(self, words: str) -> bool:
        """Whether every word stands in its label, its name or its help."""
        text = f"{self.field.label} {self.field.name} {self.field.help}".casefold()
        return all(word in text for word in words.casefold().split())

    def compare(self, planned: str | None) -> None:
        """Mark the line where its value is not that of the plan; None: there is no plan."""
        differs = planned is not None and self.editor.text() != planned
        self.name.setObjectName("differs" if differs else "")
        self.name.style().unpolish(self.name)
        self.name.style().polish(self.name)
        shown = planned or "the default"
        self.help.setText(f"{self.field.help} The plan uses {shown}." if differs else self.field.help)


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
        self._headings: dict[str, QLabel] = {}
        self._lines: dict[str, int] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 16, 24)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(9)
        grid.setColumnMinimumWidth(0, _LABEL)
        grid.setColumnMinimumWidth(1, _EDITOR)
        grid.setColumnStretch(2, 1)
        group, line = None, 0
        for name, field in fields.items():
            if field.group != group:
                group = field.group
                heading = label(group, "section")
                heading.setContentsMargins(0, 14 if line else 0, 0, 2)
                self._headings[group] = heading
                grid.addWidget(heading, line, 0, 1, 3)
                line += 1
            self._add(grid, line, FieldRow(field, self.edited.emit), name)
            line += 3
        grid.setRowStretch(line, 1)
        self._grid, self._is_narrow = grid, False

    def _add(self, grid: QGridLayout, line: int, made: FieldRow, name: str) -> None:
        self.rows[name], self._lines[name] = made, line
        top = Qt.AlignmentFlag.AlignTop
        made.name.setMinimumHeight(_LINE)
        made.help.setMinimumHeight(_LINE)
        if isinstance(made.editor, TextEditor):
            made.help.setAlignment(top)
        made.editor.whole.setFixedWidth(_EDITOR)
        grid.addWidget(made.name, line, 0, top)
        grid.addWidget(made.editor.whole, line, 1, top)
        grid.addWidget(made.help, line, 2)
        grid.addWidget(made.fault, line + 1, 1, 1, 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside its field the help needs some room; in a narrow window it stands below."""
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        for name, made in self.rows.items():
            line = self._lines[name]
            self._grid.removeWidget(made.help)
            made.help.setMinimumHeight(0 if is_narrow else _LINE)
            if is_narrow:
                self._grid.addWidget(made.help, line + 2, 1, 1, 2)
            else:
                self._grid.addWidget(made.help, line, 2)

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

    def show_only(self, words: str = "", *, with_value: bool = False) -> int:
        """Show the fields that these words find; how many there are.

        Args:
            with_value: only those that are set.
        """
        for made in self.rows.values():
            made.set_wanted(made.matches(words) and (not with_value or bool(made.editor.text())))
        shown = [made for made in self.rows.values() if made.is_shown]
        groups = {made.field.group for made in shown}
        for group, heading in self._headings.items():
            heading.setVisible(group in groups)
        return len(shown)

    def compare(self, planned: Mapping[str, str] | None) -> None:
        """Mark the fields whose values are not those of a plan; None: there is none."""
        for name, made in self.rows.items():
            made.compare(None if planned is None else planned.get(name, ""))
