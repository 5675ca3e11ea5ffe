"""Layouts of a page that use the width there is: equal tiles, and neighbors that go below each other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLayoutItem, QWidget

from convonet.desktop.widgets.basic import GAP
from convonet.desktop.widgets.flow import FlowLayout

_NO_LIMIT = 16_777_215
"""Greatest width that Qt knows, in pixels."""


class TileLayout(FlowLayout):
    """Widgets of equal width that fill each line; all in one line where the widest of them has room.

    Args:
        most: greatest width of a widget, in pixels.
    """

    def __init__(self, *widgets: QWidget, gap: int = 8, most: int = _NO_LIMIT) -> None:
        super().__init__(*widgets, gap=gap)
        self._most = most

    def sizeHint(self) -> QSize:
        items = self._shown()
        size = super().minimumSize()
        return QSize(len(items) * (size.width() + self._gap), size.height())

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        items = self._shown()
        if not items:
            return []
        widest = max(item.minimumSize().width() for item in items)
        fitting = max((width + self._gap) // (widest + self._gap), 1)
        count = -(-len(items) // fitting)
        # Lines of similar length look calmer than full ones with a rest.
        columns = -(-len(items) // count)
        return [items[start : start + columns] for start in range(0, len(items), columns)]

    def _place(self, rect: QRect, *, is_trial: bool) -> int:
        y, lines = rect.y(), self._lines(rect.width())
        columns = len(lines[0]) if lines else 1
        width = min((rect.width() - self._gap * (columns - 1)) // columns, self._most)
        for line in lines:
            height = max(_height(item, width) for item in line)
            for index, item in enumerate(line):
                if not is_trial:
                    item.setGeometry(QRect(rect.x() + index * (width + self._gap), y, width, height))
            y += height + self._gap
        return max(y - self._gap, rect.y()) - rect.y()


def _height(item: QLayoutItem, width: int) -> int:
    return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()


class FoldingRow(QWidget):
    """Widgets side by side, or below each other where one would be narrower than it wants.

    Args:
        wanted: width in pixels that each widget wants; None: that of its size hint.
        stretch: how extra width is shared.
        gap: between the widgets, in pixels.
    """

    def __init__(
        self,
        *parts: QWidget,
        wanted: Sequence[int | None],
        stretch: Sequence[int],
        gap: int = GAP,
    ) -> None:
        super().__init__()
        self.setObjectName("plain")
        self._parts, self._wanted, self._stretch = parts, tuple(wanted), tuple(stretch)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(gap)
        for part, share in zip(parts, stretch, strict=True):
            self._box.addWidget(part, share)

    @property
    def is_folded(self) -> bool:
        """Whether the widgets stand below each other."""
        return self._box.direction() is QBoxLayout.Direction.TopToBottom

    def minimumSizeHint(self) -> QSize:
        # The layout's own minimum is that of the present direction and would keep the widget from folding.
        widths = [part.minimumSizeHint().width() for part in self._parts if not part.isHidden()]
        return QSize(max(widths, default=0), self._box.totalMinimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def event(self, event: QEvent) -> bool:
        # Parts that were shown or hidden change what is wanted.
        if event.type() is QEvent.Type.LayoutRequest:
            self._fold()
        return super().event(event)

    def _fold(self) -> None:
        wanted = [
            part.sizeHint().width() if width is None else width
            for part, width in zip(self._parts, self._wanted, strict=True)
            if not part.isHidden()
        ]
        is_narrow = sum(wanted) + self._box.spacing() * (len(wanted) - 1) > self.width()
        if is_narrow != self.is_folded:
            directions = QBoxLayout.Direction
            self._box.setDirection(directions.TopToBottom if is_narrow else directions.LeftToRight)
            self.updateGeometry()
