"""One image large, with its probabilities where a model has answered; the arrow keys go on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QDialog, QLabel, QSizePolicy, QWidget

from convonet.desktop.widgets.bars import Bar, BarView
from convonet.desktop.widgets.basic import button, column, holder, label, row
from convonet.desktop.widgets.image_grid import PictureCells
from convonet.desktop.widgets.thumbnails import read_whole
from convonet.errors import ConvonetError

_SMALL = 200


class ImageDialog(QDialog):
    """Shows the pictures of a grid one by one.

    Args:
        place: the first to show.
    """

    def __init__(self, pictures: PictureCells, place: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(860, 600)
        self._pictures, self._place = pictures, place
        self._whole = QPixmap()
        self._image = QLabel()
        self._image.setMinimumSize(280, 280)
        self._image.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._title, self._path = label("", "section", wrap=True), label("", "small", wrap=True, select=True)
        self.bars = BarView("Probabilities", full=1.0)
        self._side = holder(column(self._title, self._path, 6, self.bars, None, gap=6))
        self._side.setFixedWidth(300)
        self._back = button("← Previous", lambda: self._go(-1))
        self._on = button("Next →", lambda: self._go(1))
        body = row(self._image, self._side, gap=18)
        body.setStretch(0, 1)
        whole = column(body, row(self._back, self._on, None, button("Close", self.accept)), margin=18)
        whole.setStretch(0, 1)
        self.setLayout(whole)
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._go(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _go(self, steps: int) -> None:
        self._place = max(0, min(self._pictures.rowCount() - 1, self._place + steps))
        self._show()

    def _show(self) -> None:
        picture = self._pictures.at(self._place)
        try:
            self._whole = QPixmap.fromImage(read_whole(picture.address))
            size = f"{self._whole.width()} × {self._whole.height()} pixels"
        except ConvonetError as error:
            self._whole, size = QPixmap(), error.what
        self.setWindowTitle(f"{picture.title} – {self._place + 1} of {self._pictures.rowCount():,}")
        self._title.setText(picture.title)
        self._path.setText(f"{picture.address}\n{size}")
        self.bars.show_bars([Bar(name, (p,), f"{100 * p:.1f}%") for name, p in picture.probabilities])
        self.bars.setVisible(bool(picture.probabilities))
        self._image.setAccessibleName(picture.title)
        self._back.setEnabled(self._place > 0)
        self._on.setEnabled(self._place < self._pictures.rowCount() - 1)
        self._fit()

    def _fit(self) -> None:
        """Small images as squares, so that each pixel can be seen; others smoothly."""
        if self._whole.isNull():
            self._image.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._image.setText("This image cannot be read")
            return
        small = max(self._whole.width(), self._whole.height()) < _SMALL
        modes = Qt.TransformationMode
        ratio = self.devicePixelRatioF()
        scaled = self._whole.scaled(
            self._image.size() * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            modes.FastTransformation if small else modes.SmoothTransformation,
        )
        scaled.setDevicePixelRatio(ratio)
        self._image.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._image.setPixmap(scaled)
