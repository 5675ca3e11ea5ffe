"""A pad to draw a digit on with mouse, pen or finger."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from convonet.desktop.style import color

SIDE = 400
_PEN = 34.0
_FINE = 2
"""Pixels of the drawing for each of the pad, so that strokes are smooth on fine screens too."""


class Pad(QWidget):
    """White on black, as the digits of the well-known sets are.

    Signals:
        drawn: a stroke has ended.
    """

    drawn = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(SIDE, SIDE)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Drawing pad")
        self.image = QImage(_FINE * SIDE, _FINE * SIDE, QImage.Format.Format_Grayscale8)
        self._last: QPointF | None = None
        self.is_empty = True
        self.clear()

    def clear(self) -> None:
        """Wipe the pad."""
        self.image.fill(0)
        self.is_empty = True
        self.update()

    def stroke(self, start: QPointF, end: QPointF) -> None:
        """Draw one piece of a line."""
        painter = QPainter(self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(_FINE, _FINE)
        painter.setPen(
            QPen(
                Qt.GlobalColor.white,
                _PEN,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        painter.drawLine(start, end)
        painter.end()
        self.is_empty = False
        self.update()

    def centred(self, share: float) -> QImage:
        """The drawing cut out and put in the middle, its longer side taking `share` of the square."""
        box = self._ink()
        # An empty pad has nothing to center, and its square would have no side.
        if box.isEmpty():
            return self.image
        side = max(box.width(), box.height()) / share
        square = QRectF(0, 0, side, side)
        square.moveCenter(box.center())
        made = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        made.fill(0)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, SIDE, SIDE), self.image, square)
        painter.end()
        return made

    def _ink(self) -> QRectF:
        # The window can be seen sooner without numpy.
        import numpy as np

        side = self.image.width()
        # Qt pads each line of an 8-bit image to whole words, so what lies behind the last pixel is cut off.
        pixels = np.frombuffer(self.image.constBits(), np.uint8).reshape(side, -1)[:, :side]
        # The threshold leaves out the faint rim that smoothing gives a stroke.
        lines, columns = np.flatnonzero(pixels.max(1) > 64), np.flatnonzero(pixels.max(0) > 64)
        if not len(lines):
            return QRectF()
        width, height = columns[-1] - columns[0] + 1, lines[-1] - lines[0] + 1
        return QRectF(float(columns[0]), float(lines[0]), float(width), float(height))

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._last = event.position()
        # A click without a move leaves a dot, too: it is drawn as a line of almost no length.
        self.stroke(self._last, self._last + QPointF(0.1, 0))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self.stroke(self._last, event.position())
            self._last = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None
        self.drawn.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect(), self.image)
        painter.setPen(QPen(color("strong_line"), 1))
        # Half a pixel inside, so that the line lies on the edge at any number of pixels a point.
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        if self.is_empty:
            painter.setPen(Qt.GlobalColor.gray)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Draw here")
        painter.end()
