"""Lines over a square from 0 to 1, such as ROC curves, drawn by Qt itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convonet.desktop.style import color

Corner = Literal["bottom right", "bottom left", "top left"]
COLORS = ("train", "val", "good", "purple", "yellow", "muted")
"""Colours of lines in their order; more lines than these are not told apart."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 2, 40, 46
_MARGIN = 14
_DOT = 3.0
_LINE, _SIGN = 20, 34
_LARGE = (300, 210)
"""Width of the area and height of the figure without its legend, from which on the legend stands inside."""


class PlotLine(NamedTuple):
    """One line.

    Attributes:
        name: shown in the legend; empty: not shown there.
        color: a colour's name.
        xs, ys: 0..1 each.
        dashed: a line of reference.
        dots: radius of a dot at each point, as a share of the largest, 0..1; empty: no dots.
    """

    name: str
    color: str
    xs: Sequence[float]
    ys: Sequence[float]
    dashed: bool = False
    dots: Sequence[float] = ()


DIAGONAL = PlotLine("", "faint", (0.0, 1.0), (0.0, 1.0), dashed=True)


class XYPlot(QWidget):
    """Lines with a title, two named axes and a legend inside.

    Args:
        title, x_name, y_name: words.
        high: the value at the top; None: the largest of the lines.
        legend: the corner in which it stands.
        margin: room left and right of it; 0 where what holds it has its own.
    """

    def __init__(
        self,
        title: str,
        x_name: str,
        y_name: str,
        *,
        high: float | None = 1.0,
        legend: Corner = "bottom right",
        margin: int = _MARGIN,
    ) -> None:
        super().__init__()
        self._title, self._x_name, self._y_name, self._fixed = title, x_name, y_name, high
        self._corner, self._margin = legend, margin
        self._lines: tuple[PlotLine, ...] = ()
        self.setAccessibleName(f"{title}: {y_name} against {x_name}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_lines(self, lines: Sequence[PlotLine]) -> None:
        """Show other lines."""
        self._lines = tuple(lines)
        self.setAccessibleDescription(", ".join(line.name for line in lines if line.name))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(420, 340)

    def minimumSizeHint(self) -> QSize:
        return QSize(260, 220)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        high = self._fixed or self._highest()
        self._paint_axes(painter, area, high)
        for line in self._lines:
            self._paint_line(painter, area, line, high)
        if self._is_inside(area):
            self._paint_legend(painter, area)
        else:
            self._paint_names(painter)
        painter.end()

    def _area(self) -> QRectF:
        """Where the lines are drawn. In a small figure the legend stands below it, and takes its room."""
        left, right = self._margin + _LEFT, self._margin + _RIGHT
        top = _TOP if self._head_fits() else _TOP + _LINE
        area = QRectF(left, top, self.width() - left - right, self.height() - top - _BOTTOM)
        if not self._is_inside(area):
            area.setBottom(area.bottom() - _LINE * len(self._name_lines()))
        return area

    def _named(self) -> list[PlotLine]:
        return [line for line in self._lines if line.name]

    def _is_inside(self, area: QRectF) -> bool:
        """Whether the legend covers little of the area, which is never narrower without it."""
        return self.height() >= _LARGE[1] + _LINE * len(self._named()) and area.width() >= _LARGE[0]

    def _head_fits(self) -> bool:
        """Whether the name of the axis has room beside the title, which is bold and so a little wider."""
        metrics = self.fontMetrics()
        words = 1.2 * metrics.horizontalAdvance(self._title) + metrics.horizontalAdvance(self._y_name)
        return words + 2 * self._margin + _RIGHT + 12 <= self.width()

    def _name_lines(self) -> list[list[tuple[PlotLine, str, int]]]:
        """The names below the figure, line by line: line, its words, their width with the sign before them."""
        metrics, room = self.fontMetrics(), self.width() - 2 * self._margin - _RIGHT
        lines: list[list[tuple[PlotLine, str, int]]] = []
        for line in self._named():
            words = metrics.elidedText(line.name, Qt.TextElideMode.ElideMiddle, room - _SIGN)
            width = metrics.horizontalAdvance(words) + _SIGN
            if lines and sum(taken for *_, taken in lines[-1]) + width <= room:
                lines[-1].append((line, words, width))
            else:
                lines.append([(line, words, width)])
        return lines

    def _paint_names(self, painter: QPainter) -> None:
        lines = self._name_lines()
        for index, line in enumerate(lines):
            x = float(self._margin)
            y = self.height() - _LINE * (len(lines) - index) + 13.0
            for shown, words, width in line:
                painter.setPen(QPen(color(shown.color), 3))
                painter.drawLine(QPointF(x, y - 4), QPointF(x + 14, y - 4))
                painter.setPen(color("ink"))
                painter.drawText(QPointF(x + 20, y), words)
                x += width

    def _highest(self) -> float:
        """The largest value, up to the next tenth."""
        most = max((y for line in self._lines for y in line.ys if math.isfinite(y)), default=1.0)
        return math.ceil(10 * most) / 10 or 1.0

    def _paint_axes(self, painter: QPainter, area: QRectF, high: float) -> None:
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(color("ink"))
        painter.drawText(QPointF(self._margin, 22), self._title)
        font.setBold(False)
        painter.setFont(font)
        for step in range(6):
            share = step / 5
            y, x = area.bottom() - share * area.height(), area.left() + share * area.width()
            painter.setPen(QPen(color("line"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(color("muted"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 9, area.left() - 8, 18), right, f"{share * high:.2g}")
            painter.drawText(
                QRectF(x - 20, area.bottom() + 4, 40, 16), Qt.AlignmentFlag.AlignCenter, f"{share:g}"
            )
        box = QRectF(area.left(), area.bottom() + 22, area.width(), 18)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._x_name)
        metrics = painter.fontMetrics()
        width = metrics.horizontalAdvance(self._y_name)
        y = 22 if self._head_fits() else 22 + _LINE
        painter.drawText(QPointF(area.right() - width, y), self._y_name)

    def _paint_line(self, painter: QPainter, area: QRectF, line: PlotLine, high: float) -> None:
        points = [
            QPointF(area.left() + x * area.width(), area.bottom() - min(y / high, 1.0) * area.height())
            for x, y in zip(line.xs, line.ys, strict=True)
            if math.isfinite(x) and math.isfinite(y)
        ]
        style = Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine
        painter.setPen(QPen(color(line.color), 1.2 if line.dashed else 2, style))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color(line.color))
        for point, share in zip(points, line.dots, strict=False):
            radius = _DOT + 4 * share
            painter.drawEllipse(point, radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_legend(self, painter: QPainter, area: QRectF) -> None:
        """In the corner where such curves leave room."""
        named = self._named()
        if not named:
            return
        metrics = painter.fontMetrics()
        width = min(max(metrics.horizontalAdvance(line.name) for line in named) + 40, area.width() - 20)
        height = 20.0 * len(named) + 10
        box = QRectF(area.right() - width - 8, area.bottom() - height - 8, width, height)
        if "left" in self._corner:
            box.moveLeft(area.left() + 8)
        if "top" in self._corner:
            box.moveTop(area.top() + 8)
        ground = color("surface")
        # A curve that runs behind the legend still shines through.
        ground.setAlphaF(0.88)
        painter.setPen(QPen(color("line"), 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 5, 5)
        for place, line in enumerate(named):
            y = box.top() + 15 + 20 * place
            painter.setPen(QPen(color(line.color), 3))
            painter.drawLine(QPointF(box.left() + 8, y), QPointF(box.left() + 22, y))
            painter.setPen(color("ink"))
            words = metrics.elidedText(line.name, Qt.TextElideMode.ElideMiddle, int(width - 34))
            painter.drawText(QPointF(box.left() + 28, y + 4), words)
