"""Controls that stay as they are while the person scrolls past them, and buttons that forget the mouse in time."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QSlider, QWidget

_KINDS = (QComboBox, QAbstractSpinBox, QSlider)


class WheelGuard(QObject):
    """Gives the mouse wheel to the page: turning it over a list or number changes nothing."""

    def watch(self, whole: QWidget) -> None:
        """Guard every control in a widget; guarding one again does no harm."""
        for kind in _KINDS:
            for control in whole.findChildren(kind):
                # By default, some of these controls take the focus when the wheel turns over them.
                control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                control.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Wheel:
            # Not accepted, it goes on to the scroll area around the control.
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def forget_hover(whole: QWidget) -> None:
    """Buttons that the mouse has left while a dialog was open are told so."""
    place = QCursor.pos()
    for made in whole.findChildren(QAbstractButton):
        if made.underMouse() and not made.rect().contains(made.mapFromGlobal(place)):
            made.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
            made.update()
