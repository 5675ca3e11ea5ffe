"""The workflow at the left: six steps with what is done, what is next, and what is missing."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QFrame, QSizePolicy

from convonet.desktop.style import color
from convonet.desktop.widgets.basic import column
from convonet.session.steps import PathStep, Standing

_WIDTH, _HEIGHT, _CIRCLE = 232, 58, 26
_ABOVE = 10
_NARROW, _SMALL_CIRCLE, _UNDER = 88, 24, 16
"""In a narrow window, in pixels: width of the rail, diameter of a circle, height of the title below it."""

_BELONGS_TO = {"sort": "data", "map": "data"}
"""Pages without a button of their own, and the step that they are part of."""


class StepButton(QAbstractButton):
    """One step: a circle with its number or a tick, its title, a note."""

    def __init__(self, number: int, title: str) -> None:
        super().__init__()
        self._number, self._note = number, ""
        self._standing: Standing = "open"
        self._by_key = self.is_narrow = False
        self.setText(title)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def show_step(self, standing: Standing, note: str) -> None:
        """Show where the step stands."""
        self._standing, self._note = standing, note
        self.setToolTip(note)
        self.setAccessibleName(f"{self.text()}: {standing}. {note}")
        self.update()

    @property
    def standing(self) -> Standing:
        """As it is shown."""
        return self._standing

    def sizeHint(self) -> QSize:
        if self.is_narrow:
            return QSize(_NARROW, 48 if self._number else 22)
        return QSize(_WIDTH, _HEIGHT if self._number else 40)

    def minimumSizeHint(self) -> QSize:
        # In a low window the steps move together.
        return QSize(_NARROW, 40) if self.is_narrow and self._number else self.sizeHint()

    def focusInEvent(self, event: QFocusEvent) -> None:
        reasons = Qt.FocusReason
        # The frame of the focus guides those who use the keyboard; after a click it would only distract.
        self._by_key = event.reason() in (reasons.TabFocusReason, reasons.BacktabFocusReason)
        super().focusInEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(8, 2, -8, -2)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color("soft" if self.isChecked() else "raised"))
            painter.drawRoundedRect(box, 8, 8)
        if self.hasFocus() and self._by_key:
            painter.setPen(QPen(color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 8, 8)
        if self.is_narrow:
            self._paint_narrow(painter, box)
            painter.end()
            return
        left = box.left() + 14
        if self._number:
            self._paint_circle(painter, QRectF(left, box.center().y() - _CIRCLE / 2, _CIRCLE, _CIRCLE))
            left += _CIRCLE + 12
        self._paint_words(painter, QRectF(left, box.top(), box.right() - left - 6, box.height()))
        painter.end()

    def _paint_narrow(self, painter: QPainter, box: QRectF) -> None:
        """The circle with its title below; of other pages the title alone."""
        words = QRectF(self.rect())
        if self._number:
            left = box.center().x() - _SMALL_CIRCLE / 2
            circle = QRectF(left, box.top(), _SMALL_CIRCLE, _SMALL_CIRCLE)
            self._paint_circle(painter, circle)
            words = QRectF(words.left(), circle.bottom(), words.width(), _UNDER)
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        painter.setPen(color("ink"))
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.text())

    def _paint_circle(self, painter: QPainter, circle: QRectF) -> None:
        done = self._standing == "done"
        filled = {"done": "good", "next": "accent", "wrong": "bad"}.get(self._standing)
        edge = color(filled or ("muted" if self.isChecked() else "strong_line"))
        painter.setPen(QPen(edge, 1.6))
        painter.setBrush(edge if filled else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(circle)
        painter.setPen(color("surface" if filled else "muted"))
        if done:
            painter.setPen(QPen(color("surface"), 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            middle = circle.center()
            corners = [QPointF(-5, 0.5), QPointF(-1.5, 4), QPointF(5.5, -4)]
            painter.drawPolyline(QPolygonF([middle + corner for corner in corners]))
            return
        painter.drawText(
            circle, Qt.AlignmentFlag.AlignCenter, "!" if self._standing == "wrong" else str(self._number)
        )

    def _paint_words(self, painter: QPainter, box: QRectF) -> None:
        title = QFont(self.font())
        title.setWeight(
            QFont.Weight.DemiBold if self.isChecked() or self._standing == "next" else QFont.Weight.Medium
        )
        painter.setFont(title)
        blocked = self._standing == "blocked" and not self.isChecked()
        painter.setPen(color("muted" if blocked else "ink"))
        middle = Qt.AlignmentFlag.AlignVCenter
        if not self._note:
            painter.drawText(box, middle, self.text())
            return
        half = box.height() / 2
        painter.drawText(QRectF(box.left(), box.top() + 5, box.width(), half - 2), middle, self.text())
        small = QFont(self.font())
        small.setPixelSize(12)
        painter.setFont(small)
        painter.setPen(color("muted"))
        words = painter.fontMetrics().elidedText(self._note, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(QRectF(box.left(), box.top() + half - 2, box.width(), half - 4), middle, words)


class Rail(QFrame):
    """The steps and, below them, the other pages.

    Signals:
        chosen: a page's name.
        width_changed: in pixels.
    """

    chosen = Signal(str)
    width_changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(_WIDTH)
        self.setAccessibleName("Workflow")
        self.buttons: dict[str, StepButton] = {}
        self._layout = layout = column(gap=2)
        layout.setContentsMargins(0, _ABOVE, 0, _ABOVE)
        titles = {
            "start": "Start",
            "data": "Data",
            "params": "Parameters",
            "network": "Network",
            "train": "Train",
            "test": "Test",
            "use": "Use",
            "tune": "Tune",
            "explain": "Explain",
            "runs": "Runs",
        }
        for place, (page, title) in enumerate(titles.items()):
            number = place if page not in ("start", "tune", "explain", "runs") else 0
            made = self.buttons[page] = StepButton(number, title)
            made.clicked.connect(lambda _=False, page=page: self.chosen.emit(page))
            if page == "tune":
                layout.addSpacing(14)
            layout.addWidget(made)
            if page == "start":
                layout.addSpacing(8)
        layout.addStretch(1)
        self.setLayout(layout)

    def set_narrow(self, is_narrow: bool) -> None:
        """Take less room, or as much as the notes need."""
        if self.width() == (_NARROW if is_narrow else _WIDTH):
            return
        self.setFixedWidth(_NARROW if is_narrow else _WIDTH)
        above = 2 if is_narrow else _ABOVE
        self._layout.setContentsMargins(0, above, 0, above)
        self.width_changed.emit(self.width())
        for made in self.buttons.values():
            made.is_narrow = is_narrow
            made.updateGeometry()
            made.update()

    def show_steps(self, steps: list[PathStep]) -> None:
        """Show where every step stands."""
        for step in steps:
            self.buttons[step.name].show_step(step.standing, step.note)

    def show_page(self, page: str) -> None:
        """Mark the page that is shown, or the step that it belongs to."""
        self.buttons[_BELONGS_TO.get(page, page)].setChecked(True)
