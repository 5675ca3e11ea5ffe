"""Curves that grow while a network learns, drawn by Qt itself: no plotting library is loaded for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convonet.desktop.style import color

_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 16, 40, 46
_LINE, _BETWEEN_NAMES = 20, 34
# The dots of more epochs would run into one another.
_MARKED = 40


class Series(NamedTuple):
    """One line: its name, the colour's name, and a value an epoch (NaN: none)."""

    name: str
    color: str
    values: tuple[float, ...]


class CurveView(QWidget):
    """Scores over the epochs.

    Args:
        title: of the score.
        percent: values are shares of one, shown in percent.
    """

    def __init__(self, title: str, *, percent: bool = False) -> None:
        super().__init__()
        self._title, self._percent = title, percent
        self._series: tuple[Series, ...] = ()
        self._epochs = 1
        self._now: float | None = None
        self._pointer: float | None = None
        self.setMouseTracking(True)
        self.setAccessibleName(f"{title} by epoch")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_series(self, series: Sequence[Series], epochs: int, now: float | None = None) -> None:
        """Show other values.

        Args:
            epochs: how many the training will have; the axis is as long.
            now: where the training stands, in epochs.
        """
        self._series, self._epochs, self._now = tuple(series), max(epochs, 1), now
        last = ", ".join(f"{item.name} {self._text(item.values[-1])}" for item in series if item.values)
        self.setAccessibleDescription(last)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(420, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 160)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position().x()
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._pointer = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # In a narrow figure the names have a line of their own below the title.
        top = _TOP if self._names_fit() else _TOP + _LINE
        area = QRectF(_LEFT, top, self.width() - _LEFT - _RIGHT, self.height() - top - _BOTTOM)
        low, high = self._range()
        self._paint_head(painter)
        self._paint_grid(painter, area, low, high)
        for series in self._series:
            self._paint_line(painter, area, series, low, high)
        self._paint_pointer(painter, area, low, high)
        painter.end()

    def _range(self) -> tuple[float, float]:
        values = [v for series in self._series for v in series.values if math.isfinite(v)]
        if not values:
            return 0.0, 1.0
        low, high = min(values), max(values)
        # A flat curve has no range, and one at zero no height; both still need an axis.
        room = (high - low or abs(high) or 1.0) * 0.08
        low, high = low - room, high + room
        if self._percent:
            return max(low, 0.0), min(high, 1.0)
        # Where zero is near, the axis begins there, so that heights can be compared.
        return (0.0 if low < (high - low) * 0.6 else low), high

    def _x(self, area: QRectF, epoch: float) -> float:
        return area.left() + area.width() * (epoch - 1) / max(self._epochs - 1, 1)

    def _paint_head(self, painter: QPainter) -> None:
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(color("ink"))
        painter.drawText(QPointF(14, 22), self._title)
        font.setBold(False)
        painter.setFont(font)
        place = float(self.width() - _RIGHT)
        y = 22.0 if self._names_fit() else 22.0 + _LINE
        # The names end at the right edge, so the last one is placed first.
        for series in reversed(self._series):
            words = self._words(series)
            place -= painter.fontMetrics().horizontalAdvance(words)
            painter.setPen(color("muted"))
            painter.drawText(QPointF(place, y), words)
            painter.setPen(QPen(color(series.color), 3))
            painter.drawLine(QPointF(place - 20, y - 4), QPointF(place - 6, y - 4))
            place -= _BETWEEN_NAMES

    def _words(self, series: Series) -> str:
        return f"{series.name} {self._text(series.values[-1])}" if series.values else series.name

    def _names_fit(self) -> bool:
        """Whether the names of the lines have room at the right of the title."""
        metrics = self.fontMetrics()
        names = sum(
            metrics.horizontalAdvance(self._words(series)) + _BETWEEN_NAMES for series in self._series
        )
        # The title is bold, which makes it a little wider than measured.
        return 1.2 * metrics.horizontalAdvance(self._title) + names + _RIGHT + 14 <= self.width()

    def _paint_grid(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        for value in ticks(low, high):
            y = area.bottom() - area.height() * (value - low) / (high - low)
            painter.setPen(QPen(color("line"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(color("muted"))
            box = QRectF(0, y - 9, _LEFT - 8, 18)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._tick(value)
            )
        for epoch in _epoch_ticks(self._epochs):
            box = QRectF(self._x(area, epoch) - 20, area.bottom() + 4, 40, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(epoch))
        box = QRectF(area.left(), area.bottom() + 22, area.width(), 18)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "epoch")
        if self._now is not None:
            x = self._x(area, max(self._now, 1.0))
            painter.setPen(QPen(color("faint"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _points(self, area: QRectF, series: Series, low: float, high: float) -> list[QPointF]:
        return [
            QPointF(self._x(area, place), area.bottom() - area.height() * (value - low) / (high - low))
            for place, value in enumerate(series.values, start=1)
            if math.isfinite(value)
        ]

    def _paint_line(self, painter: QPainter, area: QRectF, series: Series, low: float, high: float) -> None:
        points = self._points(area, series, low, high)
        painter.setPen(QPen(color(series.color), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        if len(points) <= _MARKED:
            painter.setBrush(color(series.color))
            for point in points:
                painter.drawEllipse(point, 2.5, 2.5)

    def _paint_pointer(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        """The values of the epoch under the mouse."""
        longest = max((len(series.values) for series in self._series), default=0)
        if self._pointer is None or not longest:
            return
        share = (self._pointer - area.left()) / max(area.width(), 1.0)
        epoch = min(max(round(share * max(self._epochs - 1, 1)) + 1, 1), longest)
        lines = [f"Epoch {epoch}"]
        for series in self._series:
            if epoch <= len(series.values):
                lines.append(f"{series.name}  {self._text(series.values[epoch - 1])}")
        metrics = painter.fontMetrics()
        width = max(metrics.horizontalAdvance(line) for line in lines) + 18.0
        height = metrics.height() * len(lines) + 12.0
        x = self._x(area, epoch)
        box = QRectF(min(x + 10, area.right() - width), area.top() + 4, width, height)
        painter.setPen(QPen(color("strong_line"), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setBrush(color("raised"))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(color("ink"))
        painter.drawText(box.adjusted(9, 6, -9, -6), "\n".join(lines))

    def _text(self, value: float) -> str:
        if not math.isfinite(value):
            return "–"
        return f"{100 * value:.1f}%" if self._percent else f"{value:.4f}"

    def _tick(self, value: float) -> str:
        return f"{100 * value:.4g}%" if self._percent else f"{value:.4g}"


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round values from low to high, at most `most` + 1, in steps of 1, 2 or 5 times a power of ten."""
    span = (high - low) / most
    unit = 10.0 ** math.floor(math.log10(span)) if span > 0 else 1.0
    # The tolerance keeps a rounding error from choosing the next larger step.
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= span * 0.999)
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first
    return [(first + place) * step for place in range(count + 1)]


def _epoch_ticks(epochs: int) -> list[int]:
    step = max(round(ticks(0, epochs, 8)[1]), 1) if epochs > 8 else 1
    return sorted({1, *range(step, epochs + 1, step)} - ({1} if step > 8 else set()))
