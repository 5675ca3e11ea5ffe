"""The confusion matrix as squares that can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from convonet.desktop.style import color

_LEAST, _MOST = 14, 110
_NUMBERS_FROM = 26
_FEW = 12
"""Columns that are surely wide enough for a short name."""


class MatrixView(QWidget):
    """Rows are the truth, columns what was predicted.

    Signals:
        cell_opened: true and predicted class of a cell that was clicked or entered.
    """

    cell_opened = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._classes: tuple[str, ...] = ()
        self._counts: list[list[int]] = []
        self._cell = (0, 0)
        self._widest = 0
        self.as_shares = False
        self.setObjectName("plain")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Confusion matrix: rows are true classes, columns are predicted classes")

    def show_counts(self, classes: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Show another matrix."""
        self._classes, self._counts = tuple(classes), [list(line) for line in counts]
        self._cell = (0, 0)
        self._measure()
        self.updateGeometry()
        self.update()

    def _measure(self) -> None:
        """Measure the names once: a matrix of 55 classes has 3,025 cells, each of which asks where it is."""
        self._widest = max((self.fontMetrics().horizontalAdvance(name) for name in self._classes), default=0)

    def changeEvent(self, event: QEvent) -> None:
        # Both can change the font in which the names were measured.
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()
        super().changeEvent(event)

    def show_shares(self, shares: bool) -> None:
        """Show the share of each true class instead of counts."""
        self.as_shares = shares
        self.update()

    def count(self, true: int, predicted: int) -> int:
        """The number in one cell."""
        return self._counts[true][predicted]

    def sizeHint(self) -> QSize:
        side = len(self._classes) * 44
        return QSize(min(side + 190, 4000), min(side + 120, 4000))

    def minimumSizeHint(self) -> QSize:
        side = len(self._classes) * _LEAST
        return QSize(side + 150, side + 90)

    def _names_width(self) -> float:
        return float(min(max(self._widest, 20), 170) + 34)

    def _side(self) -> float:
        count = max(len(self._classes), 1)
        room = min(
            (self.width() - self._names_width() - 10) / count, (self.height() - self._head() - 8) / count
        )
        return min(max(room, _LEAST), _MOST)

    def _head(self) -> float:
        return 30 + self._name_height()

    def _name_height(self) -> float:
        """Names of columns stand upright where they are long, and where many columns are narrow."""
        is_flat = self._widest <= (30 if len(self._classes) <= _FEW else _LEAST - 2)
        return 22.0 if is_flat else float(min(self._widest, 120) + 10)

    def _rect(self, true: int, predicted: int) -> QRectF:
        side = self._side()
        return QRectF(self._names_width() + predicted * side, self._head() + true * side, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._classes:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_names(painter)
        self._paint_cells(painter, event.rect())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color("ink"), 2))
            painter.drawRect(self._rect(*self._cell).adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_cells(self, painter: QPainter, sight: QRect) -> None:
        """The cells in sight; colours and sizes are asked for once for all of them."""
        side, left, top = self._side(), self._names_width(), self._head()
        grounds = {True: color("train"), False: color("val")}
        raised, light, dark = color("raised"), color("surface"), color("ink")
        first, last = (int((edge - left) // side) for edge in (sight.left(), sight.right()))
        for true, line in enumerate(self._counts):
            y = top + true * side
            if y > sight.bottom() or y + side < sight.top():
                continue
            total = sum(line)
            for predicted in range(max(first, 0), min(last + 1, len(line))):
                count = line[predicted]
                share = count / total if total else 0.0
                rect = QRectF(left + predicted * side, y, side, side).adjusted(1, 1, -1, -1)
                strength = _strength(count, share, right=true == predicted)
                _fill(painter, rect, raised)
                if count:
                    ground = QColor(grounds[true == predicted])
                    ground.setAlphaF(strength)
                    _fill(painter, rect, ground)
                if count and rect.width() >= _NUMBERS_FROM:
                    # Dark numbers could not be read on a strong ground.
                    painter.setPen(light if strength > 0.6 else dark)
                    text = f"{100 * share:.0f}%" if self.as_shares else str(count)
                    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_names(self, painter: QPainter) -> None:
        side, left, metrics = self._side(), self._names_width(), painter.fontMetrics()
        painter.setPen(color("muted"))
        painter.drawText(QPointF(left, 16), "Predicted →")
        painter.drawText(QPointF(4, self._head() - 8), "True ↓")
        painter.setPen(color("ink"))
        upright = self._name_height() > 22
        for place, name in enumerate(self._classes):
            middle = left + (place + 0.5) * side
            if upright:
                painter.save()
                painter.translate(middle + metrics.ascent() / 2 - 2, self._head() - 6)
                painter.rotate(-90)
                painter.drawText(QPointF(0, 0), metrics.elidedText(name, Qt.TextElideMode.ElideRight, 120))
                painter.restore()
            elif side >= _LEAST:
                box = QRectF(middle - 20, self._head() - 22, 40, 20)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
            box = QRectF(4, self._head() + place * side, left - 12, side)
            words = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(left - 14))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)

    def _cell_at(self, place: QPointF) -> tuple[int, int] | None:
        side = self._side()
        column = int((place.x() - self._names_width()) // side)
        line = int((place.y() - self._head()) // side)
        inside = 0 <= column < len(self._classes) and 0 <= line < len(self._classes)
        return (line, column) if inside else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if cell else Qt.CursorShape.ArrowCursor)
        if cell is None:
            QToolTip.hideText()
            return
        true, predicted = (self._classes[place] for place in cell)
        text = (
            f"{true} predicted as {predicted}: {self._counts[cell[0]][cell[1]]:,}. Click to see the images."
        )
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        if cell is not None:
            self._cell = cell
            self.update()
            self._open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        moves = {keys.Key_Up: (-1, 0), keys.Key_Down: (1, 0), keys.Key_Left: (0, -1), keys.Key_Right: (0, 1)}
        key = Qt.Key(event.key())
        if key in moves and self._classes:
            last = len(self._classes) - 1
            line, column = (max(0, min(last, a + b)) for a, b in zip(self._cell, moves[key], strict=True))
            self._cell = (line, column)
            self.update()
        elif key in (keys.Key_Return, keys.Key_Enter, keys.Key_Space) and self._classes:
            self._open()
        else:
            super().keyPressEvent(event)

    def _open(self) -> None:
        true, predicted = (self._classes[place] for place in self._cell)
        self.cell_opened.emit(true, predicted)


def _strength(count: int, share: float, *, right: bool) -> float:
    """How opaque a cell is, 0..1; mistakes are made to be seen."""
    # Even a single image is visible, and a mistake is at its strongest from a third of its class on.
    return 0.0 if not count else 0.15 + 0.85 * (share if right else min(share * 3, 1.0))


def _fill(painter: QPainter, rect: QRectF, ground: QColor) -> None:
    """A small cell without round corners, which nobody would see and which take most of the time."""
    if rect.width() < _NUMBERS_FROM:
        painter.fillRect(rect, ground)
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(rect, 3, 3)
