"""A grid of pictures with a title each; any number of them, since only those in sight are decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QGuiApplication, QPainter, QPen, QStandardItemModel
from PySide6.QtWidgets import QListView, QMenu, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from convonet.desktop.style import color
from convonet.desktop.widgets.thumbnails import CRISP_BELOW, Thumbnails

_Index = QModelIndex | QPersistentModelIndex
SIDE = 96
_TITLE = 34


class Picture(NamedTuple):
    """One cell: where the pixels are, what stands below, and what comes along (shown when it is opened)."""

    address: str
    title: str
    wrong: bool = False
    probabilities: tuple[tuple[str, float], ...] = ()


class PictureCells(QStandardItemModel):
    """The cells, given as a list or as a count and a function, so that 500,000 need no 500,000 objects.

    Qt counts the rows itself, because it asks for their number with every cell that it lays out, and a call of Python
    waits for every other thread.
    """

    def __init__(self) -> None:
        super().__init__(0, 1)
        self._at: Callable[[int], Picture] = lambda place: Picture("", "")

    def show(self, count: int, at: Callable[[int], Picture]) -> None:
        """Show `count` cells, cell i being `at(i)`."""
        self.beginResetModel()
        # A view that hears of single rows would lay them out at once.
        self.blockSignals(True)
        self._at = at
        self.setRowCount(count)
        self.blockSignals(False)
        self.endResetModel()

    def at(self, place: int) -> Picture:
        """One cell."""
        return self._at(place)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return (
            Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
            if index.isValid()
            else Qt.ItemFlag.NoItemFlags
        )

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._at(index.row()).title
        if role == Qt.ItemDataRole.ToolTipRole:
            cell = self._at(index.row())
            return f"{cell.title}\n{cell.address}"
        return None


def two_lines(metrics: QFontMetrics, text: str, width: int) -> str:
    """The text in at most two lines of so many pixels, broken between words where it can be, and cut short."""
    if metrics.horizontalAdvance(text) <= width:
        return text
    fitting = [end for end in range(1, len(text)) if metrics.horizontalAdvance(text[:end]) <= width]
    ends = [end for end in fitting if text[end] == " "] or fitting
    end = max(ends, default=1)
    rest = metrics.elidedText(text[end:].strip(), Qt.TextElideMode.ElideRight, width)
    return f"{text[:end]}\n{rest}"


class _Cell(QStyledItemDelegate):
    def __init__(self, pictures: PictureCells, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._pictures, self._thumbnails = pictures, thumbnails

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(SIDE + 16, SIDE + _TITLE + 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        cell = self._pictures.at(index.row())
        state, rect = option.state, option.rect.adjusted(3, 3, -3, -3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setBrush(color("soft"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(rect, 6, 6)
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_Selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color("accent"), 2))
            painter.drawRoundedRect(rect, 6, 6)
        self._paint_picture(painter, QRect(rect.left(), rect.top() + 6, rect.width(), SIDE), cell)
        painter.setPen(color("bad" if cell.wrong else "ink"))
        words = QRect(rect.left() + 3, rect.top() + SIDE + 9, rect.width() - 6, _TITLE - 4)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(words, int(flags), two_lines(painter.fontMetrics(), cell.title, words.width()))
        painter.restore()

    def _paint_picture(self, painter: QPainter, place: QRect, cell: Picture) -> None:
        picture = self._thumbnails.picture(cell.address)
        box = QRect(0, 0, SIDE, SIDE)
        box.moveCenter(place.center())
        if picture is None or picture.isNull():
            painter.fillRect(box, color("raised"))
            painter.setPen(color("muted"))
            text = "…" if picture is None else "cannot be read"
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            return
        box.setSize(picture.size().scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio))
        box.moveCenter(place.center())
        crisp = max(picture.width(), picture.height()) < CRISP_BELOW
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
        painter.drawPixmap(box, picture)


class ImageGrid(QListView):
    """The grid.

    Signals:
        opened: a picture was double-clicked or entered; carries its place.
    """

    opened = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.pictures = PictureCells()
        # In pixels of the screen rather than Qt's, so that pictures are sharp on a fine screen.
        self.thumbnails = Thumbnails(round(SIDE * QGuiApplication.primaryScreen().devicePixelRatio()), self)
        # Which cell shows an address is not known without asking for every one, so all in sight are painted anew.
        self.thumbnails.ready.connect(lambda _: self.viewport().update())
        # One whole line of pictures can always be seen.
        self.setMinimumHeight(SIDE + _TITLE + 36)
        self.setModel(self.pictures)
        self.setItemDelegate(_Cell(self.pictures, self.thumbnails, self))
        # Uniform sizes and batches: 500,000 cells are laid out without reading one of them.
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(2000)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.activated.connect(lambda index: self.opened.emit(index.row()))
        self._offers: list[tuple[str, Callable[[list[Picture]], object]]] = []
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)

    def viewportEvent(self, event: QEvent) -> bool:
        done = super().viewportEvent(event)
        if event.type() is QEvent.Type.Leave:
            # Else the cell that the mouse was over last keeps its ground.
            self.viewport().update()
        return done

    def show_pictures(self, pictures: Sequence[Picture]) -> None:
        """Show a list of pictures."""
        # The caller's list may change while the grid still asks for its cells.
        kept = tuple(pictures)
        self.show_many(len(kept), kept.__getitem__)

    def show_many(self, count: int, at: Callable[[int], Picture]) -> None:
        """Show `count` pictures, picture i being `at(i)`, asked for when it is in sight."""
        self.pictures.show(count, at)
        self.scrollToTop()

    def offer(self, title: str, act: Callable[[list[Picture]], object]) -> None:
        """Add an entry to the menu of the right button; it gets the pictures that are selected."""
        self._offers.append((title, act))

    def chosen(self) -> list[Picture]:
        """The pictures that are selected."""
        return [self.pictures.at(index.row()) for index in self.selectedIndexes()]

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction("Enlarge", lambda: self.opened.emit(self.currentIndex().row()))
        for title, act in self._offers:
            menu.addAction(title, lambda act=act: act(self.chosen()))  # type: ignore[misc]
        menu.addAction("Copy paths", self._copy_paths)
        menu.setEnabled(bool(self.selectedIndexes()))
        menu.exec(self.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _copy_paths(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(picture.address for picture in self.chosen()))

    def close_threads(self) -> None:
        """Wait for pictures that are being decoded."""
        self.thumbnails.close()
