"""A picture that fills the room it has: small ones as squares, others smoothly; and a figure, in the current look."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convonet.desktop.style import color
from convonet.desktop.widgets.on_dark import as_shown

_CRISP_BELOW = 200
_ROUND = 9.0
FIGURE_SCALE = 0.65
"""Of a figure, pixels of the screen for each of its own at most: its words are not larger than those of the window."""


class PictureView(QWidget):
    """Shows one image, and over it another one, more or less.

    Args:
        name: what a screen reader says.
        empty: what stands there while there is no picture.

    Signals:
        pointed: a pixel was clicked; carries its row and column.
    """

    pointed = Signal(int, int)

    def __init__(self, name: str, empty: str = "") -> None:
        super().__init__()
        self._image, self._over = QImage(), QImage()
        self._strength = 1.0
        self._empty = empty
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_image(self, image: QImage, over: QImage | None = None) -> None:
        """Show another image; `over` is laid on it."""
        self._image, self._over = image, over or QImage()
        self.update()

    def set_strength(self, share: float) -> None:
        """How much of the image above is seen, 0..1."""
        self._strength = share
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place()
        if self._image.isNull() or not place.contains(event.position()):
            return
        inside = event.position() - place.topLeft()
        column = int(inside.x() * self._image.width() / place.width())
        row = int(inside.y() * self._image.height() / place.height())
        # A click exactly on the right or lower edge falls one behind the last pixel.
        self.pointed.emit(min(row, self._image.height() - 1), min(column, self._image.width() - 1))

    def sizeHint(self) -> QSize:
        return QSize(360, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 160)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image.isNull():
            painter.setPen(color("muted"))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect().adjusted(12, 12, -12, -12), flags, self._empty)
            painter.end()
            return
        place = self._place()
        crisp = max(self._image.width(), self._image.height()) < _CRISP_BELOW
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
        painter.drawImage(place, self._image)
        if not self._over.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
            painter.setOpacity(self._strength)
            painter.drawImage(place, self._over)
        painter.end()

    def _place(self) -> QRectF:
        """Where the image is painted: in the middle, as large as can be."""
        place = QRectF(QRectF().topLeft(), self._size())
        place.moveCenter(QRectF(self.rect()).center())
        return place

    def _size(self) -> QSizeF:
        return QSizeF(self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio))


class FigureView(PictureView):
    """Shows a figure that was drawn for white paper, as the current look wants it, at the top left."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._figure = QImage()

    def show_figure(self, figure: QImage) -> None:
        """Show another figure."""
        # The original is kept, so that a change of the look never inverts a figure that is inverted already.
        self._figure = figure
        self.show_image(as_shown(figure))

    def paintEvent(self, event: QPaintEvent) -> None:
        """As a card with a border."""
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        card = QPainterPath()
        card.addRoundedRect(self._place().adjusted(0.5, 0.5, -0.5, -0.5), _ROUND, _ROUND)
        painter.setClipPath(card)
        painter.drawImage(self._place(), self._image)
        # With the clip, the outer half of the border's pen would be cut off.
        painter.setClipping(False)
        painter.setPen(color("line"))
        painter.drawPath(card)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self.show_figure(self._figure)
        super().changeEvent(event)

    def _place(self) -> QRectF:
        return QRectF(QRectF().topLeft(), self._size())

    def _size(self) -> QSizeF:
        most = QSizeF(self._image.size()) * FIGURE_SCALE
        return most.scaled(most.boundedTo(QSizeF(self.size())), Qt.AspectRatioMode.KeepAspectRatio)
