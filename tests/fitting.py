"""Finds faults of a window: text that is cut, widgets that reach out of their parents, controls without a name."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QScrollArea,
    QWidget,
)
from shiboken6 import isValid

_ROUNDING = 1
"""Pixels that a label may miss: Qt rounds the widths of letters up and down."""


def misfits(root: QWidget) -> list[str]:
    """Return a sentence for each visible widget in `root` whose text is cut, or that its parents cut.

    Text that a tool tip shows in full may be shortened.
    """
    found = []
    for widget in root.findChildren(QWidget):
        # Older versions of PySide6 also list widgets that are gone.
        if not isValid(widget) or not widget.isVisible() or not (text := _text(widget)):
            continue
        if needed := _missing(widget, text):
            found.append(f"{type(widget).__name__} “{text}” has {widget.size().toTuple()}, needs {needed}")
        elif outer := _cut_by(widget, root):
            found.append(f"{type(widget).__name__} “{text}” reaches out of {outer}")
    return found


def _text(widget: QWidget) -> str:
    if isinstance(widget, (QAbstractButton, QLabel)):
        return widget.text()
    return widget.currentText() if isinstance(widget, QComboBox) else ""


def _missing(widget: QWidget, text: str) -> str:
    """The size that the text needs; empty where it has that size, or a tool tip shows the text."""
    if text in widget.toolTip():
        return ""
    needed = _needed(widget, text)
    is_cut = needed.width() > widget.width() + _ROUNDING or needed.height() > widget.height() + _ROUNDING
    return str(needed.toTuple()) if is_cut else ""


def _needed(widget: QWidget, text: str) -> QSize:
    if not isinstance(widget, QLabel):
        # The style sheet fixes the heights of buttons, whatever their hint says.
        return QSize(widget.minimumSizeHint().width(), 0)
    if not widget.wordWrap():
        return widget.sizeHint()
    # A word that is longer than the line makes the box wider than the label.
    space = QRect(0, 0, widget.contentsRect().width(), 0)
    return widget.fontMetrics().boundingRect(space, Qt.TextFlag.TextWordWrap, text).size()


def _cut_by(widget: QWidget, root: QWidget) -> str:
    """The name of the nearest parent that the widget reaches out of; what scrolls may be larger than its frame."""
    part = QRect(0, 0, widget.width(), widget.height())
    inner = widget
    while inner is not root and (outer := inner.parentWidget()) is not None:
        part.translate(inner.pos())
        if isinstance(outer.parentWidget(), QAbstractScrollArea):
            return _cut_sideways(part, outer)
        if not outer.rect().adjusted(-1, -1, 1, 1).contains(part):
            return f"{type(outer).__name__} of {outer.size().toTuple()}"
        inner = outer
    return ""


def _cut_sideways(part: QRect, viewport: QWidget) -> str:
    """A page or form scrolls up and down; only tables, lists and pictures also scroll sideways."""
    area = viewport.parentWidget()
    if not isinstance(area, QScrollArea) or part.right() <= viewport.width():
        return ""
    # A strip of cards has no vertical bar: it is made to be scrolled sideways.
    if area.verticalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff:
        return ""
    return f"a viewport of {viewport.size().toTuple()}"


def nameless(root: QWidget) -> list[str]:
    """The widgets that the keyboard can reach and for which a screen reader has no name."""
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            continue
        # The field inside a box stands for the box.
        is_inside = isinstance(widget.parentWidget(), (QComboBox, QAbstractSpinBox))
        named = widget.parentWidget() if is_inside else widget
        interface = QAccessible.queryAccessibleInterface(named)
        if not interface.text(QAccessible.Text.Name).strip():
            found.append(f"{type(widget).__name__} in {type(widget.parentWidget()).__name__} has no name")
    return found
