"""Bars that Qt draws: images of each class, heights and widths, likeliest classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from convonet.desktop.style import color

SERIES = ("train", "val", "good")
"""Colours of the training, validation and test set, in that order."""
_LINE = 26
_BAR = 9


class Bar(NamedTuple):
    """One line: a name, its values (one for each series), and what stands at the right."""

    name: str
    values: tuple[float, ...]
    text: str = ""


class BarView(QWidget):
    """Horizontal bars with a name at the left.

    Args:
        colors: names of colours, one for each series.
        full: the value that fills the width; None: the largest.
    """

    def __init__(self, name: str, colors: Sequence[str] = ("train",), full: float | None = None) -> None:
        super().__init__()
        self.setObjectName("plain")
        self.setAccessibleName(name)
        self._colors, self._full = tuple(colors), full
        self._bars: tuple[Bar, ...] = ()

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Show other bars."""
        self._bars = tuple(bars)
        # A screen reader reads all of it aloud, so it ends after twenty bars.
        self.setAccessibleDescription(", ".join(f"{bar.name} {bar.text}" for bar in self._bars[:20]))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, max(len(self._bars), 1) * _LINE + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, max(len(self._bars), 1) * _LINE + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._bars:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = painter.fontMetrics()
        # Long names get a third of the width at most, so that there is room for the bars.
        names = min(max(metrics.horizontalAdvance(bar.name) for bar in self._bars), self.width() // 3) + 12
        texts = max(metrics.horizontalAdvance(bar.text) for bar in self._bars) + 12
        room = max(self.width() - names - texts, 10)
        # Where all values are zero, something must still stand below the line of the fraction.
        most = self._full or max((max(bar.values) for bar in self._bars), default=1.0) or 1.0
        # With hundreds of classes most lines are out of sight, and only the others are worth painting.
        first = max(event.rect().top() // _LINE, 0)
        last = min(event.rect().bottom() // _LINE + 1, len(self._bars))
        for place in range(first, last):
            self._paint_bar(painter, self._bars[place], place * _LINE, names, room, most)
        painter.end()

    def _paint_bar(self, painter: QPainter, bar: Bar, top: int, names: int, room: int, most: float) -> None:
        painter.setPen(color("ink"))
        words = painter.fontMetrics().elidedText(bar.name, Qt.TextElideMode.ElideMiddle, names - 10)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, top, names - 8, _LINE), Qt.AlignmentFlag.AlignRight | middle, words)
        # Three bars of full height would not fit into one line.
        height = _BAR if len(bar.values) == 1 else _BAR * 0.8
        above = top + (_LINE - height * len(bar.values)) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        for place, value in enumerate(bar.values):
            painter.setBrush(color(self._colors[place % len(self._colors)]))
            # However small a value is, its bar can be told from that of zero.
            width = max(room * value / most, 1.5 if value else 0.0)
            painter.drawRoundedRect(QRectF(names, above + place * height, width, height - 1), 2, 2)
        painter.setPen(color("muted"))
        box = QRectF(names + room, top, self.width() - names - room - 4, _LINE)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | middle, bar.text)


class Legend(QWidget):
    """Names of series, each behind a square of its colour."""

    def __init__(self, colors: Sequence[str] = SERIES) -> None:
        super().__init__()
        self._colors = tuple(colors)
        self._names: tuple[str, ...] = ()
        self.setFixedHeight(22)

    def show_names(self, names: Sequence[str]) -> None:
        """Show these names, in the order of the colours."""
        self._names = tuple(names)
        self.setAccessibleDescription(", ".join(names))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0
        for name, series in zip(self._names, self._colors, strict=False):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color(series))
            painter.drawRoundedRect(QRectF(left, 6, 10, 10), 2, 2)
            painter.setPen(color("muted"))
            painter.drawText(QRectF(left + 16, 0, 300, 22), Qt.AlignmentFlag.AlignVCenter, name)
            left += 16 + painter.fontMetrics().horizontalAdvance(name) + 20
        painter.end()
