"""Steps over the real window: everything but the widget in question is dimmed, and a card says what it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from convonet.desktop.style import color
from convonet.desktop.tours import TourStep
from convonet.desktop.widgets.basic import button, column, frame, label, row

_DIM = QColor(10, 14, 22, 150)
_ROOM, _GAP, _CARD = 6, 14, 340


class Tour(QWidget):
    """Lies over a window until it is closed; Esc closes it, the arrow keys go on and back.

    Args:
        window: what it lies over.
        steps: at least one.
        show: shows the page of a step and gives the widget that it is about.
    """

    def __init__(
        self, window: QWidget, steps: Sequence[TourStep], show: Callable[[TourStep], QWidget]
    ) -> None:
        super().__init__(window)
        # A closed tour would otherwise stay a child of the window and go on filtering its events.
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._steps, self._show_step = tuple(steps), show
        self.index = 0
        self.target = QRect()
        self._window = self._widget = window
        self.count, self.heading = label("", "small"), label("", "section", wrap=True)
        self.text = label("", wrap=True)
        self.back_button = button("Back", lambda: self.go(-1))
        self.next_button = button("Next", lambda: self.go(1), primary=True)
        buttons = row(button("Close", self.close), None, self.back_button, self.next_button, gap=8)
        self.card = frame(column(self.count, self.heading, self.text, 4, buttons, gap=6, margin=16))
        self.card.setParent(self)
        self.card.setFixedWidth(_CARD)
        # The tour is in no layout, so only the window's own events tell it of a new size.
        window.installEventFilter(self)
        self.go(0)
        self.show()
        self.raise_()
        # Without the focus, Esc and the arrow keys would go to the page below.
        self.setFocus()

    def go(self, steps: int) -> None:
        """Show the step that lies so many steps further; behind the last one the tour ends."""
        if self.index + steps >= len(self._steps):
            self.close()
            return
        self.index = max(0, self.index + steps)
        step = self._steps[self.index]
        self._widget = self._show_step(step)
        self.count.setText(f"Step {self.index + 1} of {len(self._steps)}")
        self.heading.setText(step.title)
        self.text.setText(step.text)
        self.setAccessibleName(f"{step.title}. {step.text}")
        self.back_button.setEnabled(self.index > 0)
        self.next_button.setText("Done" if self.index + 1 == len(self._steps) else "Next")
        self._place()
        # A page that was just shown is laid out a moment later.
        QTimer.singleShot(0, self, self._place)

    def _place(self) -> None:
        """Lie over the whole window, the card beside the widget in question."""
        self.setGeometry(self._window.rect())
        corner = self._widget.mapTo(self._window, QPoint(0, 0))
        self.target = QRect(corner, self._widget.size()).adjusted(-_ROOM, -_ROOM, _ROOM, _ROOM)
        # Where a widget touches the window's edge, the frame around it is kept inside, or it would not be seen.
        self.target = self.target.intersected(self.rect().adjusted(1, 1, -1, -1))
        self.card.adjustSize()
        left = min(max(self.target.left(), _GAP), self.width() - self.card.width() - _GAP)
        top = self.target.bottom() + _GAP
        if top + self.card.height() > self.height() - _GAP:
            top = max(_GAP, self.target.top() - _GAP - self.card.height())
        self.card.move(left, top)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dimmed, hole = QPainterPath(), QPainterPath()
        dimmed.addRect(QRectF(self.rect()))
        hole.addRoundedRect(QRectF(self.target), 8, 8)
        painter.fillPath(dimmed.subtracted(hole), _DIM)
        painter.setPen(QPen(color("accent"), 2))
        painter.drawPath(hole)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in steps:
            self.go(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() is QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
