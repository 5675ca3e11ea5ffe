"""A picture that fills the room it has: small ones as squares, others smoothly."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convonet.desktop.style import color

_CRISP_BELOW = 200


class PictureView(QWidget):
    """Shows one image, and over it another one, more or less.

    Args:
        name: what a screen reader says.
        empty: what stands there while there is no picture.
    """

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
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(
            (self.width() - size.width()) / 2,
            (self.height() - size.height()) / 2,
            size.width(),
            size.height(),
        )
        crisp = max(self._image.width(), self._image.height()) < _CRISP_BELOW
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
        painter.drawImage(place, self._image)
        if not self._over.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
            painter.setOpacity(self._strength)
            painter.drawImage(place, self._over)
        painter.end()
