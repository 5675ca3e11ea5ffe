"""Small helpers of layout: labels by role, cards, rows, tiles, empty states."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from convonet.desktop.widgets.flow import FlowLayout

GAP = 12
MARGIN = 24
_SPIN_MARGIN = 6
_TILE_MARGIN = 14
_TITLE_BAR = 36


def label(text: str = "", role: str = "", *, wrap: bool = False, select: bool = False) -> QLabel:
    """A label in one of the style sheet's roles; text is never read as HTML."""
    made = QLabel(text)
    made.setObjectName(role)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if select:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def column(*items: QWidget | QLayout | int | None, gap: int = GAP, margin: int = 0) -> QVBoxLayout:
    """Items below each other; a number is a fixed gap, None a stretch."""
    layout = QVBoxLayout()
    _fill(layout, items, gap, margin)
    return layout


def row(*items: QWidget | QLayout | int | None, gap: int = GAP, margin: int = 0) -> QHBoxLayout:
    """Items side by side; a number is a fixed gap, None a stretch."""
    layout = QHBoxLayout()
    _fill(layout, items, gap, margin)
    return layout


def _fill(
    layout: QVBoxLayout | QHBoxLayout, items: Sequence[QWidget | QLayout | int | None], gap: int, margin: int
) -> None:
    layout.setSpacing(gap)
    layout.setContentsMargins(margin, margin, margin, margin)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)


def frame(layout: QLayout, name: str = "card") -> QFrame:
    """A surface with a border around a layout."""
    made = QFrame()
    made.setObjectName(name)
    made.setLayout(layout)
    return made


def holder(layout: QLayout) -> QWidget:
    """A widget that does nothing but hold a layout."""
    made = QWidget()
    made.setObjectName("plain")
    layout.setContentsMargins(0, 0, 0, 0)
    made.setLayout(layout)
    return made


def button(text: str, act: Callable[[], object], *, primary: bool = False, tip: str = "") -> QPushButton:
    """A button; the primary one of a page is filled."""
    made = QPushButton(text)
    made.setProperty("role", "primary" if primary else "")
    made.setToolTip(tip)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    # `clicked` carries a flag, which `act` must not take for its own first argument.
    made.clicked.connect(lambda: act())
    return made


def pad_spin_boxes(widget: QWidget) -> None:
    """Move the text of spin boxes away from their border, which a style sheet cannot."""
    for box in widget.findChildren(QAbstractSpinBox):
        box.lineEdit().setTextMargins(_SPIN_MARGIN, 0, 0, 0)


def resize_within_screen(window: QWidget, width: int, height: int) -> None:
    """Give a dialog its size in pixels, or that of a smaller screen with room for the title bar."""
    screen = window.screen().availableSize()
    window.resize(min(width, screen.width()), min(height, screen.height() - _TITLE_BAR))


class Tile(QFrame):
    """One number with its name above and a remark below."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self._value, self._note = label("–", "big"), label("", "small", wrap=True)
        self.setLayout(
            column(label(name, "muted", wrap=True), self._value, self._note, None, gap=3, margin=_TILE_MARGIN)
        )
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_value(self, value: str, note: str = "") -> None:
        """Show another number."""
        self._value.setText(value)
        self._note.setText(note)
        self.setAccessibleDescription(f"{value} {note}")

    @property
    def value(self) -> str:
        """What is shown."""
        return self._value.text()

    def minimumSizeHint(self) -> QSize:
        size = super().minimumSizeHint()
        # The number is never cut; the words around it wrap.
        return QSize(max(96, self._value.sizeHint().width() + 2 * _TILE_MARGIN + 2), size.height())


class EmptyState(QWidget):
    """What a page shows while there is nothing to show: what is missing, and how to get it."""

    def __init__(self, title: str, text: str, *actions: QWidget) -> None:
        super().__init__()
        self._title, self._text = label(title, "section"), label(text, "lead", wrap=True)
        for part in (self._title, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        # Between two stretches, a label that wraps would shrink to a narrow column.
        self._text.setMinimumWidth(360)
        self._text.setMaximumWidth(560)
        box = column(self._title, row(None, self._text, None), gap=8)
        if actions:
            box.addSpacing(8)
            box.addLayout(FlowLayout(*actions, gap=GAP, centered=True))
        self.setLayout(column(None, box, None, margin=MARGIN))

    def say(self, title: str, text: str) -> None:
        """Show another sentence."""
        self._title.setText(title)
        self._text.setText(text)
