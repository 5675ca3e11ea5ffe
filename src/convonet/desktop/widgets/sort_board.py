"""Rows of images to sort: selected by clicking and dragging over them, dragged onto a class, accepted by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolTip, QWidget

from convonet.desktop.style import color
from convonet.desktop.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from convonet.sorting.screen import ScreenImage, ScreenRow

MIME = "application/x-convonet-selection"
"""What a drag of selected images carries; which images they are, the board knows."""
SIDE = 96
_CELL_WIDTH, _CELL_HEIGHT = SIDE + 10, SIDE + 26
_HEAD, _BETWEEN = 36, 10
_DRAG = 8


class SortBoard(QWidget):
    """Shows a screen of a sorting.

    Signals:
        accepted: what is suggested for a row is right; carries its index.
        kept: the labels of a row that are in doubt are right; carries its index.
        selection_changed: other images are selected.
        width_changed: another number of images fits into a row.
    """

    accepted = Signal(int)
    kept = Signal(int)
    selection_changed = Signal()
    width_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Images to sort")
        self.setAccessibleDescription(
            "Arrow keys move between images, Space selects, number keys choose the class, A accepts the row."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.thumbnails = Thumbnails(round(SIDE * QGuiApplication.primaryScreen().devicePixelRatio()), self)
        self.thumbnails.ready.connect(lambda _: self.update())
        self.rows: tuple[ScreenRow, ...] = ()
        self.chosen: list[str] = []
        self.current = (0, 0)
        self._address: Callable[[str], str] = str
        self._buttons: list[QPushButton] = []
        self._brush: bool | None = None
        self._pressed: QPointF | None = None
        self._columns = 0

    def show_rows(self, rows: Sequence[ScreenRow], address: Callable[[str], str]) -> None:
        """Show other rows; nothing of them is selected. `address` gives where the pixels of a path are."""
        self.rows, self._address = tuple(rows), address
        self.chosen, self._brush, self._pressed = [], None, None
        self.current = self._clipped(*self.current)
        for made in self._buttons:
            # `deleteLater` works only when the event loop is back; until then the old button would still be seen.
            made.hide()
            made.deleteLater()
        self._buttons = []
        for index, row in enumerate(self.rows):
            self._add_buttons(index, row)
        self.setMinimumHeight(self._top(len(self.rows)))
        self.selection_changed.emit()
        self.update()

    def columns(self) -> int:
        """How many images fit beside each other."""
        return max(3, self.width() // _CELL_WIDTH)

    def choose(self, paths: Sequence[str], is_chosen: bool) -> None:
        """Select images, or take them out of the selection."""
        if is_chosen:
            self.chosen += [path for path in paths if path not in self.chosen]
        else:
            self.chosen = [path for path in self.chosen if path not in paths]
        self.selection_changed.emit()
        self.update()

    def choose_row(self, index: int) -> None:
        """Select all images of a row."""
        self.choose([image.path for image in self.rows[index].images], True)

    def center_of(self, row: int, column: int) -> QPoint:
        """The middle of an image on the board."""
        return self._box(row, column).center()

    def close_threads(self) -> None:
        """Wait for pictures that are being decoded."""
        self.thumbnails.close()

    def _top(self, row: int) -> int:
        return row * (_HEAD + _CELL_HEIGHT + _BETWEEN)

    def _box(self, row: int, column: int) -> QRect:
        return QRect(column * _CELL_WIDTH, self._top(row) + _HEAD, _CELL_WIDTH, _CELL_HEIGHT)

    def _at(self, place: QPoint) -> ScreenImage | None:
        row, below = divmod(place.y(), self._top(1))
        column = place.x() // _CELL_WIDTH
        if not (0 <= row < len(self.rows) and _HEAD <= below < _HEAD + _CELL_HEIGHT and place.x() >= 0):
            return None
        images = self.rows[row].images
        return images[column] if column < len(images) else None

    def _clipped(self, row: int, column: int) -> tuple[int, int]:
        row = max(0, min(row, len(self.rows) - 1))
        most = len(self.rows[row].images) - 1 if self.rows else 0
        return row, max(0, min(column, most))

    def sizeHint(self) -> QSize:
        return QSize(8 * _CELL_WIDTH, self._top(len(self.rows)))

    def _add_buttons(self, index: int, row: ScreenRow) -> None:
        left = self.fontMetrics().horizontalAdvance(self._title(row)) + 34
        doubted = row.images[0].label is not None
        acts: list[tuple[str, Callable[[], object]]] = [("Select row", lambda: self.choose_row(index))]
        if row.suggestion is not None:
            acts = [("Accept row", lambda: self.accepted.emit(index))]
        if doubted:
            acts.append(("Keep labels", lambda: self.kept.emit(index)))
        for text, act in acts:
            made = QPushButton(text, self)
            # A click on a button leaves the focus on the board, where the arrow keys work.
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.setAccessibleName(f"{text}: {self._title(row)}")
            made.clicked.connect(lambda _=False, act=act: act())
            made.adjustSize()
            made.setFixedHeight(28)
            made.move(left, self._top(index) + 3)
            made.show()
            left += made.width() + 8
            self._buttons.append(made)

    @staticmethod
    def _title(row: ScreenRow) -> str:
        if row.suggestion is None:
            return "Similar images"
        return f"Perhaps {row.suggestion}" if row.images[0].label is not None else row.suggestion

    def mousePressEvent(self, event: QMouseEvent) -> None:
        image = self._at(event.position().toPoint())
        if event.button() is not Qt.MouseButton.LeftButton or image is None:
            return
        self._pressed = event.position()
        # A selected image may be dragged onto a class; a click takes it out of the selection.
        if image.path not in self.chosen:
            self._brush = True
            self.choose([image.path], True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        image = self._at(event.position().toPoint())
        if self._pressed is None:
            return
        if self._brush:
            if image is not None:
                self.choose([image.path], True)
        elif (event.position() - self._pressed).manhattanLength() > _DRAG:
            # The drag receives the release of the button, so for this widget the press ends here.
            self._pressed = None
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        image = self._at(event.position().toPoint())
        if self._pressed is not None and not self._brush and image is not None:
            self.choose([image.path], False)
        self._brush, self._pressed = None, None

    def _drag(self) -> None:
        data = QMimeData()
        # The kind is enough: whoever takes the drop answers for the images that are selected.
        data.setData(MIME, b"")
        drag = QDrag(self)
        drag.setMimeData(data)
        picture = self.thumbnails.picture(self._address(self.chosen[0]))
        if picture is not None and not picture.isNull():
            drag.setPixmap(picture.scaled(SIDE // 2, SIDE // 2, Qt.AspectRatioMode.KeepAspectRatio))
        drag.exec(Qt.DropAction.CopyAction)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        if self.rows and key in steps:
            row, column = self.current
            self.current = self._clipped(row + steps[key][0], column + steps[key][1])
            self.update()
        elif self.rows and key is Qt.Key.Key_Space:
            path = self.rows[self.current[0]].images[self.current[1]].path
            self.choose([path], path not in self.chosen)
        elif self.rows and key is Qt.Key.Key_A and not event.modifiers():
            if self.rows[self.current[0]].suggestion is not None:
                self.accepted.emit(self.current[0])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip:
            image = self._at(event.pos())  # type: ignore[attr-defined]
            QToolTip.showText(event.globalPos(), image.path if image else "")  # type: ignore[attr-defined]
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Only another number of columns needs other rows, not each pixel by which the window grows.
        if self.columns() != self._columns:
            self._columns = self.columns()
            self.width_changed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for index, row in enumerate(self.rows):
            # Painting a row asks for its pictures, so a row that is out of sight is left out.
            if not event.rect().intersects(QRect(0, self._top(index), self.width(), self._top(1))):
                continue
            font = painter.font()
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(color("ink"))
            words = QRect(4, self._top(index), self.width() - 4, _HEAD - 2)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self._title(row))
            font.setBold(False)
            painter.setFont(font)
            for column, image in enumerate(row.images):
                self._paint_image(painter, self._box(index, column), image, (index, column) == self.current)
        painter.end()

    def _paint_image(self, painter: QPainter, box: QRect, image: ScreenImage, is_current: bool) -> None:
        chosen = image.path in self.chosen
        if chosen:
            painter.setBrush(color("soft"))
            painter.setPen(QPen(color("accent"), 2))
            painter.drawRoundedRect(box.adjusted(2, 2, -2, -2), 6, 6)
        if is_current and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color("ink"), 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(box.adjusted(4, 4, -4, -4), 5, 5)
        place = QRect(box.left() + 5, box.top() + 5, SIDE, SIDE)
        picture = self.thumbnails.picture(self._address(image.path))
        if picture is None or picture.isNull():
            painter.fillRect(place, color("raised"))
        else:
            size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            shown = QRect(QPoint(), size)
            shown.moveCenter(place.center())
            painter.drawPixmap(shown, picture)
        painter.setPen(color("muted"))
        under = QRect(box.left() + 2, place.bottom() + 1, box.width() - 4, 20)
        text = painter.fontMetrics().elidedText(_caption(image), Qt.TextElideMode.ElideRight, under.width())
        painter.drawText(under, Qt.AlignmentFlag.AlignCenter, text)


def _caption(image: ScreenImage) -> str:
    if image.label is not None:
        return f"now {image.label}"
    return "" if image.confidence is None else f"{100 * image.confidence:.1f}%"
