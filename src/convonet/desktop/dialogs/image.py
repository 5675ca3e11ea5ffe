"""One image large, with its probabilities where a model has answered; the arrow keys go on."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QDialog, QLabel, QSizePolicy, QWidget

from convonet.desktop.widgets.bars import Bar, BarView
from convonet.desktop.widgets.basic import button, column, holder, label, resize_within_screen, row
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
        resize_within_screen(self, 860, 600)
        self._pictures, self._place = pictures, place
        self._whole = QPixmap()
        self._image = QLabel()
        self._image.setMouseTracking(True)
        self._image.installEventFilter(self)
        self._image.setMinimumSize(280, 280)
        # The picture follows the label; a label that followed its picture could never become smaller.
        self._image.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._title, self._path = label("", "section", wrap=True), label("", "small", wrap=True, select=True)
        self.bars = BarView("Probabilities", full=1.0)
        self.facts, self.pixel = label("", "small", wrap=True, select=True), label("", "small", wrap=True)
        self._side = holder(
            column(self._title, self._path, self.facts, self.pixel, 6, self.bars, None, gap=6)
        )
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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self._image
            and isinstance(event, QMouseEvent)
            and event.type() is QEvent.Type.MouseMove
        ):
            self.point_at(event.position())
        return super().eventFilter(watched, event)

    def point_at(self, place: QPointF) -> None:
        """Show the values of the pixel at a place of the picture, as it lies in the dialog."""
        shown = self._image.pixmap()
        if self._whole.isNull() or shown.isNull():
            return
        # The mouse is told in Qt's own units, while the picture has pixels of the screen.
        size = shown.deviceIndependentSize()
        left = (self._image.width() - size.width()) / 2
        column_ = int((place.x() - left) * self._whole.width() / size.width())
        row_ = int(place.y() * self._whole.height() / size.height())
        # The label may be larger than the picture, so the mouse may be beside it.
        if 0 <= column_ < self._whole.width() and 0 <= row_ < self._whole.height():
            value = self._whole.toImage().pixelColor(column_, row_)
            levels = (value.red(), value.green(), value.blue())
            text = f"{levels[0]}" if len(set(levels)) == 1 else ", ".join(map(str, levels))
            self.pixel.setText(f"Row {row_}, column {column_}: {text}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _go(self, steps: int) -> None:
        self._place = max(0, min(self._pictures.rowCount() - 1, self._place + steps))
        self._show()

    def _show(self) -> None:
        picture = self._pictures.at(self._place)
        try:
            self._whole = QPixmap.fromImage(read_whole(picture.address))
            size = ""
        except ConvonetError as error:
            self._whole, size = QPixmap(), error.what
        self.setWindowTitle(f"{picture.title} – {self._place + 1} of {self._pictures.rowCount():,}")
        self._title.setText(picture.title)
        self._path.setText("\n".join(part for part in (picture.address, size) if part))
        self.facts.setText(_facts(self._whole))
        self.pixel.setText("Point at the image to see pixel values." if self.facts.text() else "")
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
        # It is scaled to pixels of the screen; without the ratio it would be shown larger than the label.
        scaled.setDevicePixelRatio(ratio)
        self._image.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._image.setPixmap(scaled)


def _facts(picture: QPixmap) -> str:
    """Shape and values as an array of the image has them: height × width × channels, lowest, highest, mean."""
    if picture.isNull():
        return ""
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
    height, width, line = image.height(), image.width(), image.bytesPerLine()
    # Plain bytes: the window can be seen sooner without numpy. Lines are padded to four bytes.
    whole = bytes(image.constBits())
    pixels = b"".join(whole[start : start + 3 * width] for start in range(0, height * line, line))
    is_grey = pixels[::3] == pixels[1::3] == pixels[2::3]
    shape = f"{height} × {width}" if is_grey else f"{height} × {width} × 3"
    kind = "grayscale" if is_grey else "red, green, blue"
    return (
        f"Shape {shape} ({kind})\nValues {min(pixels)} to {max(pixels)}, mean {sum(pixels) / len(pixels):.1f}"
    )
