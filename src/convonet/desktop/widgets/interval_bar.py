"""An accuracy with its interval on the scale from 0 to 100%, beside the baseline."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convonet.desktop.style import color

_HEIGHT, _TRACK, _EDGE = 46, 8, 8
_LINE = 14


class IntervalBar(QWidget):
    """A track with the interval, a point for the accuracy, and a tick for the baseline."""

    def __init__(self) -> None:
        super().__init__()
        self._accuracy = self._low = self._high = 0.0
        self._baseline: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Accuracy on a scale from 0 to 100%")

    def show_values(self, accuracy: float, interval: tuple[float, float], baseline: float | None) -> None:
        """Show other shares of one."""
        self._accuracy, (self._low, self._high), self._baseline = accuracy, interval, baseline
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(_EDGE, 8, self.width() - 2 * _EDGE, _TRACK)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("line"))
        painter.drawRoundedRect(track, 4, 4)
        interval = QRectF(track)
        interval.setLeft(self._x(track, self._low))
        interval.setRight(self._x(track, self._high))
        shade = color("accent")
        shade.setAlphaF(0.35)
        painter.setBrush(shade)
        painter.drawRoundedRect(interval, 4, 4)
        painter.setBrush(color("accent"))
        painter.drawEllipse(QPointF(self._x(track, self._accuracy), track.center().y()), 6, 6)
        if self._baseline is not None:
            self._paint_baseline(painter, track, self._baseline)
        painter.end()

    def _paint_baseline(self, painter: QPainter, track: QRectF, baseline: float) -> None:
        x = self._x(track, baseline)
        painter.setPen(QPen(color("muted"), 2))
        painter.drawLine(QPointF(x, track.top() - 3), QPointF(x, track.bottom() + 3))
        font = painter.font()
        font.setPixelSize(12)
        painter.setFont(font)
        text = f"baseline {100 * baseline:.1f}%"
        width = painter.fontMetrics().horizontalAdvance(text)
        # Near an end of the track the words would otherwise be cut off.
        left = min(max(x - width / 2, track.left()), track.right() - width)
        painter.drawText(QPointF(left, track.bottom() + 3 + _LINE), text)

    @staticmethod
    def _x(track: QRectF, share: float) -> float:
        return track.left() + track.width() * min(max(share, 0.0), 1.0)
