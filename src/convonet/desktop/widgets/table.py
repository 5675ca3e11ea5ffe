"""Tables that sort, copy and save as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QMenu, QTableView, QWidget

from convonet.atomic import write_text
from convonet.csv_files import csv_content
from convonet.desktop.style import color
from convonet.events import RunState, state_label

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_WIDEST, _PADDING = 360, 28
_LEAST = 120
_MEASURED_ROWS = 30
_LEAST_WIDTH, _LEAST_HEIGHT = 76, 140
"""Of a table with its head and three rows, in pixels; it scrolls inside itself."""
_NO_LIMIT = 2**24 - 1


class Written(float):
    """A number that is shown as `text`; it sorts and is copied as what it is."""

    text: str

    def __new__(cls, value: float, text: str) -> Self:
        made = super().__new__(cls, value)
        made.text = text
        return made


def percent(share: float | None) -> Written | None:
    """A share of one, shown in percent."""
    return None if share is None else Written(share, f"{100 * share:.1f}%")


def tenths(value: float) -> Written:
    """Seconds, with one digit."""
    return Written(value, f"{value:,.1f}")


class Rows(QAbstractTableModel):
    """Rows of plain values; a float is shown with four digits and copied with all of them."""

    def __init__(self, columns: Sequence[str], tips: Mapping[str, str]) -> None:
        super().__init__()
        self.columns, self._tips = tuple(columns), tips
        self.rows: list[tuple[Any, ...]] = []

    def show_rows(self, rows: Sequence[Sequence[Any]], columns: Sequence[str] | None = None) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = [tuple(item) for item in rows]
        self.columns = tuple(columns) if columns is not None else self.columns
        self.endResetModel()

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return shown(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if _is_number(value) else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(value, str) and len(value) > 30:
            return value
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            # A head stands over its values on their side; the first cells of a column may be empty.
            numbers = _is_number(next((r[section] for r in self.rows[:50] if r[section] is not None), None))
            side = Qt.AlignmentFlag.AlignRight if numbers else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return self._tips.get(self.columns[section])
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.columns):
            return
        self.layoutAboutToBeChanged.emit()
        self.rows.sort(key=lambda values: _key(values[column]), reverse=order == Qt.SortOrder.DescendingOrder)
        self.layoutChanged.emit()


def shown(value: Any) -> str:
    """A value as the table shows it."""
    if value is None:
        return ""
    if isinstance(value, Written):
        return value.text
    if isinstance(value, RunState):
        return state_label(value)
    if isinstance(value, float):
        # What one digit shows in full needs no zeros behind it.
        if round(value, 1) == value and abs(value) > 1:
            return f"{value:,.1f}"
        return f"{value:.4f}" if abs(value) >= 1e-4 or value == 0 else f"{value:.2e}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _is_number(value: Any) -> bool:
    # To Python a bool is a number; in a table it is a word.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _key(value: Any) -> tuple[int, Any]:
    """Numbers before words before nothing, so that any column sorts."""
    if value is None:
        return 2, ""
    return (0, value) if _is_number(value) else (1, str(value).casefold())


class TableView(QTableView):
    """A table of rows.

    Args:
        name: what it is a table of; also the name of its file.
        empty: what stands in it while it has no rows.
        tips: column → what it means, shown at its head.
        gives_way: a column of long texts, which become shorter where the table has too little room.

    Signals:
        opened: a row was double-clicked or entered; carries its values.
    """

    opened = Signal(tuple)

    def __init__(
        self,
        columns: Sequence[str],
        name: str,
        parent: QWidget | None = None,
        *,
        empty: str = "",
        tips: Mapping[str, str] | None = None,
        gives_way: str = "",
    ) -> None:
        super().__init__(parent)
        self.rows = Rows(columns, tips or {})
        self._gives_way = gives_way
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)
        self._empty = empty
        self._widths: list[int] = []
        # The header tells of every new width; the first flag says that it is not one that a person drew.
        self._spreading = self._is_own_width = False
        self.setModel(self.rows)
        self.setAccessibleName(name)
        self._name = name
        self.setSortingEnabled(True)
        # Rows keep the order in which they come until a person sorts them.
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().sectionResized.connect(lambda *_: self._resized_by_hand())
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(30)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        # Tab leaves the table; otherwise it would go through every cell first.
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self.activated.connect(lambda index: self.opened.emit(self.rows.rows[index.row()]))
        self._copy = QAction("Copy", self, shortcut=QKeySequence(QKeySequence.StandardKey.Copy))
        # Other tables and text fields of the window have the same key.
        self._copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._copy.triggered.connect(self.copy)
        self.addAction(self._copy)

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH, _LEAST_HEIGHT)

    def show_rows(self, rows: Sequence[Sequence[Any]], columns: Sequence[str] | None = None) -> None:
        """Show other rows and fit the columns to them."""
        self.rows.show_rows(rows, columns)
        header = self.horizontalHeader()
        # New rows come unsorted, so an arrow of earlier sorting would be wrong.
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        # Only some rows are measured, so that a table of thousands opens at once.
        header.setResizeContentsPrecision(_MEASURED_ROWS)
        self._is_own_width = False
        self._measure()

    def setColumnHidden(self, column: int, hide: bool) -> None:
        """What a hidden column leaves goes to the others."""
        if hide == self.isColumnHidden(column):
            return
        self._spreading = True
        super().setColumnHidden(column, hide)
        self._spreading = False
        self._measure()

    def fit_height(self, least: int | None) -> None:
        """No higher than the rows need, or `least` of them; None: as high as there is room."""
        if least is None:
            self.setMaximumHeight(_NO_LIMIT)
            return
        head = self.horizontalHeader().sizeHint().height() + 4
        rows = max(self.rows.rowCount(), least)
        self.setMaximumHeight(head + rows * self.verticalHeader().defaultSectionSize())

    def _measure(self) -> None:
        self._widths = [self._natural_width(place) for place in range(len(self.rows.columns))]
        self._spread()

    def _natural_width(self, place: int) -> int:
        """What a column needs; 0 for a hidden one. The arrow of the sorted column stands in the padding."""
        if self.isColumnHidden(place):
            return 0
        font = self.horizontalHeader().font()
        font.setWeight(QFont.Weight.DemiBold)
        head = QFontMetrics(font).horizontalAdvance(self.rows.columns[place]) + _PADDING
        return min(max(head, self.sizeHintForColumn(place)), _WIDEST)

    def _spread(self) -> None:
        """Share out the room that is left, so that the table is as wide as its frame."""
        if self._is_own_width or not any(self._widths):
            return
        self._spreading = True
        widths = self._widths.copy()
        room = self.viewport().width() - sum(widths)
        if room < 0 and self._gives_way in self.rows.columns:
            place = self.rows.columns.index(self._gives_way)
            widths[place] = max(widths[place] + room, min(widths[place], _LEAST))
        shown = [place for place, width in enumerate(widths) if width]
        for turn, place in enumerate(shown):
            # What cannot be shared out evenly goes to the first columns, so that the sum fits to the pixel.
            more = max(room, 0) // len(shown) + (turn < max(room, 0) % len(shown))
            self.setColumnWidth(place, widths[place] + more)
        self._spreading = False

    def _resized_by_hand(self) -> None:
        self._is_own_width = self._is_own_width or not self._spreading

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._widths:
            self._spread()
        else:
            self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._empty and not self.rows.rows:
            painter = QPainter(self.viewport())
            painter.setPen(color("muted"))
            room = self.viewport().rect().adjusted(20, 0, -20, 0)
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(room, flags, self._empty)
            painter.end()

    def chosen(self) -> list[tuple[Any, ...]]:
        """The rows that are selected, in their order."""
        return [self.rows.rows[index.row()] for index in self.selectionModel().selectedRows()]

    def copy(self) -> None:
        """Put the selected rows, or all, on the clipboard: tabs between values, full precision."""
        rows = self.chosen() or self.rows.rows
        QGuiApplication.clipboard().setText(self._text(rows, "\t"))

    def save(self, path: Path) -> None:
        """Write all rows as CSV. Raises OutputError."""
        write_text(path, self._text(self.rows.rows, ","))

    def _text(self, rows: Sequence[tuple[Any, ...]], separator: str) -> str:
        return csv_content([self.rows.columns, *rows], separator)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(self._copy)
        menu.addAction("Save as CSV …", self._ask_where)
        menu.exec(self.viewport().mapToGlobal(place))
        # The menu is a child of the table and would otherwise live as long as the table does.
        menu.deleteLater()

    def _ask_where(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save as CSV", f"{self._name}.csv", "CSV (*.csv)")
        if path:
            self.save(Path(path))
