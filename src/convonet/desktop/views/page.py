"""What every page has: a title, a sentence, its actions at the right, and a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from convonet.desktop.widgets.basic import MARGIN, column, holder, label, pad_spin_boxes
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.folding import FoldingRow
from convonet.desktop.widgets.stacks import Stack
from convonet.desktop.widgets.steady import WheelGuard

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller
    from convonet.desktop.file_actions import FileActions
    from convonet.desktop.task_actions import TaskActions

_WORDS = 260
"""Width that title and sentence want beside the buttons, in pixels; with less, the buttons go below."""
_SMALL = 700
"""Pages that are narrower have half the margins."""


@dataclass(frozen=True)
class PageContext:
    """What every page works with.

    Attributes:
        files: loads, saves and takes files that a person names.
        tasks: starts tasks on what a page has selected.
    """

    controller: Controller
    files: FileActions
    tasks: TaskActions


class Page(QWidget):
    """One page of the window. Subclasses fill `body` and redraw in `refresh`.

    Class attributes:
        title: the heading.
        parts: the parts of the session at whose change the page is redrawn.
    """

    title = ""
    parts: tuple[str, ...] = ()

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.controller, self.session = context.controller, context.controller.session
        self._heading = label(self.title, "title")
        self.lead = label("", "muted", wrap=True)
        self.buttons = FlowLayout(gap=8)
        words, commands = holder(column(self._heading, self.lead, gap=3)), holder(self.buttons)
        head = FoldingRow(words, commands, wanted=(_WORDS, None), stretch=(1, 0))
        self.body = QVBoxLayout()
        self.body.setSpacing(14)
        whole = column(head, self.body, gap=16)
        self._whole = whole
        self._set_margins()
        whole.setStretch(1, 1)
        self.setLayout(whole)
        self.setAccessibleName(self.title)
        self._stale = True
        self._wheel = WheelGuard(self)
        self.controller.changed.connect(self._part_changed)

    def _set_margins(self) -> None:
        """A small page gives the room to what it shows."""
        is_small = self.width() < _SMALL
        margin = MARGIN // 2 if is_small else MARGIN
        self._whole.setContentsMargins(margin, margin - 4, margin, margin - 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_margins()

    def heightForWidth(self, width: int) -> int:
        # Lists and pictures shrink to their least height before the whole page has to be scrolled.
        return self._whole.minimumHeightForWidth(width)

    def add_buttons(self, *buttons: QWidget) -> None:
        """Put buttons at the right of the title."""
        for made in buttons:
            self.buttons.addWidget(made)

    def _part_changed(self, part: str) -> None:
        if part not in self.parts:
            return
        self._stale = True
        if self.isVisible():
            self._refresh()

    def showEvent(self, event: object) -> None:
        # A page that nobody sees is not redrawn.
        if self._stale:
            self._refresh()
        # A refresh may have made fields that were not there when the page was last shown.
        self._wheel.watch(self)
        pad_spin_boxes(self)

    def _refresh(self) -> None:
        # Before the refresh, so that a change that comes during it marks the page anew.
        self._stale = False
        self.refresh()

    def refresh(self) -> None:
        """Show what the session holds now."""

    def open_part(self, part: str) -> None:
        """Show a part of the page, such as a tab, by its name."""

    def close_page(self) -> None:
        """End threads of this page."""


class Either(Stack):
    """Shows either the empty state or the content, whose last part takes the room unless another does."""

    def __init__(self, empty: QWidget, content: QWidget | QBoxLayout) -> None:
        super().__init__()
        if isinstance(content, QBoxLayout):
            if not any(content.stretch(place) for place in range(content.count())):
                content.setStretch(content.count() - 1, 1)
            held = QWidget()
            content.setContentsMargins(0, 0, 0, 0)
            held.setLayout(content)
            content = held
        self.addWidget(empty)
        self.addWidget(content)

    def show_content(self, there: bool) -> None:
        """Content when there is some, else the empty state."""
        self.setCurrentIndex(1 if there else 0)
