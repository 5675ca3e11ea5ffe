"""Figures that were drawn for white paper, shown on a dark ground."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsEffect

from convonet.desktop.style import current_look


def as_shown(figure: QImage) -> QImage:
    """A figure as the current look wants it: on dark, paper and ink change places, pictures inside stay."""
    if current_look().name != "dark" or figure.isNull():
        return figure
    # The window can be seen sooner without numpy.
    from convonet.desktop.widgets.inverted import inverted

    return inverted(figure)


class PaperEffect(QGraphicsEffect):
    """Shows a widget that paints dark on white as the current look wants it."""

    def draw(self, painter: QPainter) -> None:
        place = QPoint()
        picture = self.sourcePixmap(Qt.CoordinateSystem.DeviceCoordinates, place)
        painter.save()
        # The picture is in device coordinates already, so the widget's transform must not move it again.
        painter.resetTransform()
        painter.drawImage(place, as_shown(picture.toImage()))
        painter.restore()
