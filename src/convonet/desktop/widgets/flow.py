"""A layout that goes on in the next line where the room ends."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Widgets side by side, in as many lines as they need.

    Args:
        gap: between widgets and between lines, in pixels.
        centered: whether each line stands in the middle of the room.
    """

    def __init__(self, *widgets: QWidget, gap: int = 8, centered: bool = False) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._gap, self._centered = gap, centered
        self.setContentsMargins(0, 0, 0, 0)
        for widget in widgets:
            self.addWidget(widget)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    # Qt asks for items until it gets None, so an index out of range is no mistake.
    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), is_trial=True)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, is_trial=False)

    def sizeHint(self) -> QSize:
        # One line with all widgets is preferred; it is broken only where there is less room.
        sizes = [item.sizeHint() for item in self._shown()]
        return QSize(
            _length([s.width() for s in sizes], self._gap), max((s.height() for s in sizes), default=0)
        )

    def minimumSize(self) -> QSize:
        sizes = [item.minimumSize() for item in self._shown()]
        # The narrowest layout has one widget in each line.
        return QSize(max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0))

    def _shown(self) -> list[QLayoutItem]:
        """A hidden widget must leave no gap."""
        return [item for item in self._items if not item.isEmpty()]

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        for item in self._shown():
            widths = [other.sizeHint().width() for other in (*(lines[-1] if lines else ()), item)]
            # The first widget of a line stays there even when it is too wide, or the line would be left empty.
            if lines and _length(widths, self._gap) <= width:
                lines[-1].append(item)
            else:
                lines.append([item])
        return lines

    def _place(self, rect: QRect, *, is_trial: bool) -> int:
        """Put the items into their lines; the height that they take."""
        y = rect.y()
        for line in self._lines(rect.width()):
            sizes = [item.sizeHint() for item in line]
            left = rect.width() - _length([size.width() for size in sizes], self._gap)
            x = rect.x() + (max(left, 0) // 2 if self._centered else 0)
            for item, size in zip(line, sizes, strict=True):
                if not is_trial:
                    # No wider than the room: what cannot stand beside others may still have to be narrowed.
                    item.setGeometry(QRect(x, y, min(size.width(), rect.width()), size.height()))
                x += size.width() + self._gap
            y += max(size.height() for size in sizes) + self._gap
        return max(y - self._gap, rect.y()) - rect.y()


def _length(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * max(len(widths) - 1, 0)
