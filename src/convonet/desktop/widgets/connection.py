"""The connection to the server, in the status bar: a dot and a sentence that stays true."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convonet.desktop.style import color
from convonet.session.remote.connection import Connection

_LOOK_MS = 250
_DOT, _GAP = 9, 8


class ConnectionLabel(QWidget):
    """Shows whether the server answers; a click tries again at once."""

    def __init__(self, connection: Connection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._text, self._was_lost = "", False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._look()

    def text(self) -> str:
        """The sentence that is shown."""
        return self._text

    def _look(self) -> None:
        text = self._connection.sentence()
        if text != self._text:
            self._text = text
            lost = self._connection.is_lost
            self.setAccessibleName(text)
            self.setToolTip(f"{self._connection.reason}. Click to try again" if lost else "")
            self.setCursor(Qt.CursorShape.PointingHandCursor if lost else Qt.CursorShape.ArrowCursor)
            self.updateGeometry()
            self.update()
            if self._was_lost and not lost:
                # Pictures that did not come are asked for when they are painted.
                self.window().update()
            self._was_lost = lost

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(_DOT + _GAP + metrics.horizontalAdvance(self._text) + 12, metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._connection.is_lost:
            self._connection.try_now()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        lost = self._connection.is_lost
        painter.setBrush(color("bad" if lost else "good"))
        painter.drawEllipse(QRectF(4, (self.height() - _DOT) / 2, _DOT, _DOT))
        painter.setPen(color("bad" if lost else "muted"))
        words = self.rect().adjusted(4 + _DOT + _GAP, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self._text)
        painter.end()
