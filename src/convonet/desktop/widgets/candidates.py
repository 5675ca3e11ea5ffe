"""The candidates of a plan, one per line: what will be tried, and how each one did on validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from convonet.desktop.widgets.basic import label

_MARKS = {"chosen": "✓", "done": "•", "waiting": "○", "skipped": "–", "failed": "✕"}
_ROLES = {"chosen": "good", "failed": "bad"}
_HEADS = ("", "Network", "Validation accuracy", "95% CI", "Time", "")
_NUMBERS = (2, 3, 4)
_TITLE, _NOTE = 1, 5
_SHORT = 14
"""A longer note stands below its candidate."""


class CandidateLine(NamedTuple):
    """One candidate.

    Attributes:
        state: `waiting`, `done`, `chosen`, `skipped` or `failed`.
        accuracy, interval: on the validation images.
        seconds: what it took; 0: not known yet.
        note: what is said of it.
    """

    title: str
    state: str
    accuracy: float | None = None
    interval: tuple[float, float] | None = None
    seconds: float = 0.0
    note: str = ""


class CandidateList(QWidget):
    """Labels in a grid. Columns that hold nothing are left out.

    Args:
        heads: whether the columns have heads.
    """

    def __init__(self, *, heads: bool = True) -> None:
        super().__init__()
        self.setObjectName("plain")
        self.setAccessibleName("Candidates")
        self._heads = heads
        self.lines: tuple[CandidateLine, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(5)

    def show_lines(self, lines: Sequence[CandidateLine]) -> None:
        """Show other candidates."""
        # New labels would lose what a person has selected in the old ones.
        if tuple(lines) == self.lines:
            return
        self.lines = tuple(lines)
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                # `deleteLater` works only when the event loop is back; until then the old label would still be seen.
                widget.hide()
                widget.deleteLater()
        scored = any(line.accuracy is not None for line in lines)
        if self._heads and scored:
            for column, name in enumerate(_HEADS):
                if name:
                    self._put(label(name, "small"), 0, column)
        # Titles give way in a narrow window; where nothing stands beside them, they need not.
        self._grid.setColumnStretch(_TITLE, 1 if scored else 0)
        self._grid.setColumnStretch(_NOTE, 0 if scored else 1)
        for place, line in enumerate(lines):
            # Each candidate has two rows of the grid, the second one for a long note.
            self._show_line(1 + 2 * place, line, wrap=scored)
        self.setAccessibleDescription("\n".join(map(sentence, lines)))
        self.updateGeometry()

    def _show_line(self, row: int, line: CandidateLine, *, wrap: bool) -> None:
        mark = label(_MARKS[line.state], _ROLES.get(line.state, "muted"))
        title = label(line.title, "strong" if line.state == "chosen" else "", wrap=wrap, select=True)
        self._put(mark, row, 0)
        self._put(title, row, _TITLE)
        if line.accuracy is not None:
            self._put(label(percent(line.accuracy), "strong" if line.state == "chosen" else ""), row, 2)
        if line.interval is not None:
            self._put(label(self._interval(line.interval)), row, 3)
        if line.seconds:
            self._put(label(seconds(line.seconds)), row, 4)
        if len(line.note) > _SHORT:
            below = label(line.note, "small", wrap=True, select=True)
            self._grid.addWidget(below, row + 1, _TITLE, 1, _NOTE)
        elif line.note:
            self._put(label(line.note, "good" if line.state == "chosen" else "muted"), row, _NOTE)

    def _interval(self, interval: tuple[float, float]) -> str:
        return span(interval) if self._heads else f"95% CI {span(interval)}"

    def _put(self, made: QLabel, row: int, column: int) -> None:
        side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag(0)
        self._grid.addWidget(made, row, column, Qt.AlignmentFlag.AlignTop | side)


def percent(share: float) -> str:
    """Such as `98.6%`."""
    return f"{100 * share:.1f}%"


def span(interval: tuple[float, float]) -> str:
    """Such as `96.8–99.4%`."""
    low, high = interval
    return f"{100 * low:.1f}–{100 * high:.1f}%"


def seconds(value: float) -> str:
    """Such as `12 s` or `3 min 20 s`."""
    whole = max(round(value), 1)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60} s"


def sentence(line: CandidateLine) -> str:
    """A candidate in words."""
    scored = f", validation accuracy {percent(line.accuracy)}" if line.accuracy is not None else ""
    scored += f" (95% CI {span(line.interval)})" if line.interval is not None else ""
    note = f", {line.note}" if line.note else ""
    return f"{line.title}: {line.state}{scored}{note}"
