"""Tabs and stacks that need the room of the part that is shown, not that of the largest part."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QWidget


class Stack(QStackedWidget):
    """A stack whose least height is that of its current widget."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(lambda _: self.updateGeometry())

    # Qt would take the preferred height of the largest widget for the least one.
    def hasHeightForWidth(self) -> bool:
        return False

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), _least_height(self.currentWidget(), self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Words that wrap need another height in another width.
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class Tabs(QTabWidget):
    """Tabs whose least height is that of the current tab.

    Args:
        name: what the tabs are about, for screen readers.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.currentChanged.connect(lambda _: self.updateGeometry())

    # For the same reason as above.
    def hasHeightForWidth(self) -> bool:
        return False

    def minimumSizeHint(self) -> QSize:
        bar = self.tabBar().sizeHint().height()
        height = bar + _least_height(self.currentWidget(), self.width())
        return QSize(super().minimumSizeHint().width(), height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


def _least_height(widget: QWidget | None, width: int) -> int:
    """The least height of a widget in a width, with the words in it wrapped."""
    if widget is None:
        return 0
    layout = widget.layout()
    if layout is not None and layout.hasHeightForWidth():
        return layout.totalMinimumHeightForWidth(width)
    return widget.minimumSizeHint().height()
