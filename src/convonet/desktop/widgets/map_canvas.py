"""A map of images: zoomed with the wheel, moved by dragging, selected with a lasso.

Where few images are in sight, they are shown themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from convonet.desktop.style import color
from convonet.desktop.widgets.map_geometry import View, inside, thinned
from convonet.desktop.widgets.map_squares import faded, squares_picture
from convonet.desktop.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from convonet.documents.image_map import ImageMap

_NEAREST, _CLICK = 12, 4
_THUMBNAIL, _LARGE = 56, 104
_MOST_THUMBNAILS = 160
_STEP, _PAN = 1.4, 60
_DIMMED = 0.35


class MapCanvas(QWidget):
    """Draws a map and tells what is selected on it.

    Signals:
        selected: the rows that a person has selected on the map.
        hovered: the row under the mouse; -1 for none.
    """

    selected = Signal(object)
    hovered = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(240, 220)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Map of the images")
        self.setAccessibleDescription(
            "Use the arrow keys to move the map, plus and minus to zoom, and 0 to show the whole map. "
            "The lists next to the map show images from it."
        )
        # Images are decoded once, as large as under the mouse; the small ones are scaled from those.
        self.thumbnails = Thumbnails(round(_LARGE * self.devicePixelRatioF()), self)
        self.thumbnails.ready.connect(lambda _: self.update())
        self.view = View()
        self.is_selecting = False
        self.rows: set[int] = set()
        self._address: Callable[[int], str] = lambda row: ""
        self._points: NDArray[np.float64] = np.zeros((0, 2))
        self._groups: NDArray[np.int64] = np.zeros(0, np.int64)
        self._colors: tuple[QColor, ...] = ()
        self._hidden: set[int] = set()
        self._hovered = -1
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._moved = False
        self._lasso: list[QPointF] | None = None
        self.shown_pictures = 0

    def show_map(self, found: ImageMap, address: Callable[[int], str]) -> None:
        """Show a map; `address` gives where the pixels of a row are."""
        self._address = address
        # The axis of a screen points down, that of a figure up.
        self._points = np.stack([np.array(found.x), -np.array(found.y)], axis=1)
        self._groups = np.zeros(len(self._points), np.int64)
        self.rows, self._hidden, self._hovered = set(), set(), -1
        self.show_all()

    def show_groups(self, groups: NDArray[np.int64], colors: Sequence[QColor]) -> None:
        """Color the points: row i belongs to `groups[i]`, an index of `colors`. All groups are shown again."""
        self._groups, self._colors, self._hidden = groups, tuple(colors), set()
        self.update()

    def show_group(self, group: int, is_shown: bool) -> None:
        """Show a group or leave it out."""
        (self._hidden.discard if is_shown else self._hidden.add)(group)
        self.update()

    def show_rows(self, rows: Sequence[int], *, bring: bool = False) -> None:
        """Mark rows as selected; `bring` them into sight."""
        self.rows = set(rows)
        if bring and len(rows):
            self.view.fit(self._points[list(rows)], self.width(), self.height(), most=8)
        self.update()

    def show_all(self) -> None:
        """Show the whole map."""
        if len(self._points):
            self.view.fit_all(self._points, self.width(), self.height())
        self.update()

    def zoom(self, factor: float) -> None:
        """Zoom around the middle."""
        self.view.zoom(factor, self.width() / 2, self.height() / 2)
        self.update()

    def place_of(self, row: int) -> QPointF:
        """Where a row is drawn."""
        x, y = self.view.places(self._points[row : row + 1])[0]
        return QPointF(x, y)

    def close_threads(self) -> None:
        """Wait for pictures that are being decoded."""
        self.thumbnails.close()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self._pressed = self._last = event.position()
        self._moved = False
        if self.is_selecting or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._lasso = [event.position()]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pressed is None:
            self._hover(self._near(at))
            return
        # A hand is never quite still, so a few pixels between press and release still make a click.
        self._moved = self._moved or (at - self._pressed).manhattanLength() > _CLICK
        if self._lasso is not None:
            self._lasso.append(at)
        elif self._moved:
            self.view.pan(at.x() - self._last.x(), at.y() - self._last.y())
        self._last = at
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        lasso, self._lasso, self._pressed = self._lasso, None, None
        if self._moved and lasso is not None:
            self._select(self._within(lasso))
        elif not self._moved:
            row = self._near(event.position())
            more = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            self._select([*(self.rows if more else ()), *([row] if row >= 0 else [])])
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        at = event.position()
        # An exponential, so that turning the wheel forth and back ends at the same zoom.
        self.view.zoom(float(np.exp(event.angleDelta().y() / 400)), at.x(), at.y())
        event.accept()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (_PAN, 0),
            Qt.Key.Key_Right: (-_PAN, 0),
            Qt.Key.Key_Up: (0, _PAN),
            Qt.Key.Key_Down: (0, -_PAN),
        }
        key = Qt.Key(event.key())
        if key in moves:
            self.view.pan(*moves[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            # On many keyboards plus is Shift and the key of the equals sign, so the key alone zooms, too.
            self.zoom(_STEP)
        elif key is Qt.Key.Key_Minus:
            self.zoom(1 / _STEP)
        elif key is Qt.Key.Key_0:
            self.show_all()
        elif key is Qt.Key.Key_Escape:
            self._select([])
        else:
            super().keyPressEvent(event)
            return
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        # A person who has zoomed in stays there.
        if self.view.scale == self.view.least:
            self.show_all()

    def _select(self, rows: Sequence[int]) -> None:
        self.rows = set(rows)
        self.selected.emit(sorted(self.rows))

    def _hover(self, row: int) -> None:
        if row == self._hovered:
            return
        self._hovered = row
        shape = Qt.CursorShape.CrossCursor if self.is_selecting else Qt.CursorShape.OpenHandCursor
        self.setCursor(Qt.CursorShape.PointingHandCursor if row >= 0 else shape)
        self.update()
        self.hovered.emit(row)

    def _near(self, at: QPointF) -> int:
        """The row nearest to a place, -1 where none is near."""
        if not len(self._points):
            return -1
        apart = ((self.view.places(self._points) - (at.x(), at.y())) ** 2).sum(axis=1)
        # A point that is not seen must not catch a click that is meant for a visible one.
        apart[self._is_hidden()] = np.inf
        row = int(apart.argmin())
        # The distances are squares, which spares a root for each point.
        return row if apart[row] < _NEAREST**2 else -1

    def _within(self, lasso: Sequence[QPointF]) -> list[int]:
        corners = np.array([(point.x(), point.y()) for point in lasso])
        found = inside(corners, self.view.places(self._points)) & ~self._is_hidden()
        rows: list[int] = np.flatnonzero(found).tolist()
        return rows

    def _is_hidden(self) -> NDArray[np.bool_]:
        return np.isin(self._groups, list(self._hidden))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), color("raised"))
        if len(self._points) and self._colors:
            self._paint_map(painter)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color("accent" if self.hasFocus() else "line"), 1))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_map(self, painter: QPainter) -> None:
        places = self.view.places(self._points)
        # The squares cover about a twelfth of the canvas whatever their number, within bounds.
        side = float(np.clip(2.2 * np.sqrt(self.width() * self.height() / len(places) / 60), 3, 9))
        size = (self.width(), self.height())
        # A point just outside the canvas still reaches into it with a part of its square.
        seen = np.flatnonzero(((places >= -side) & (places <= np.array(size) + side)).all(axis=1))
        seen = seen[~self._is_hidden()[seen]]
        colors = faded(self._colors, _DIMMED if self.rows else 0.85)
        picture = squares_picture(
            places[seen], colors[self._groups[seen]], side, size, self.devicePixelRatioF()
        )
        painter.drawPixmap(0, 0, picture)
        self.shown_pictures = 0
        if len(seen) <= _MOST_THUMBNAILS:
            for index in thinned(places[seen], _THUMBNAIL):
                self.shown_pictures += self._paint_picture(
                    painter, int(seen[index]), QPointF(*places[seen[index]]), _THUMBNAIL
                )
        painter.setPen(QPen(color("ink"), 2))
        for row in self.rows:
            x, y = places[row]
            ring = side / 2 + 2
            painter.setBrush(self._colors[self._groups[row]])
            painter.drawRect(QRectF(x - ring, y - ring, 2 * ring, 2 * ring))
        if self._lasso:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color("accent"), 2, Qt.PenStyle.DashLine))
            painter.drawPolygon(QPolygonF(self._lasso))
        # While a person drags or draws a lasso, a large image would lie in the way.
        if self._hovered >= 0 and self._pressed is None:
            self._paint_hovered(painter, places[self._hovered])

    def _paint_picture(self, painter: QPainter, row: int, at: QPointF, side: int) -> bool:
        """Draw an image in a frame of its point's color; gives whether it is there already."""
        picture = self.thumbnails.picture(self._address(row))
        if picture is None or picture.isNull():
            return False
        size = picture.size().scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
        box = QRectF(0, 0, size.width(), size.height())
        box.moveCenter(at)
        painter.fillRect(box.adjusted(-2, -2, 2, 2), self._colors[self._groups[row]])
        painter.drawPixmap(box.toRect(), picture)
        return True

    def _paint_hovered(self, painter: QPainter, place: NDArray[Any]) -> None:
        """The image under the mouse, beside its point and inside the canvas."""
        half = _LARGE / 2 + 4
        x, y = float(place[0]), float(place[1])
        beside = x + half + 8 if x < self.width() - 2 * half - 16 else x - half - 8
        at = QPointF(beside, min(max(y, half), self.height() - half))
        self._paint_picture(painter, self._hovered, at, _LARGE)
