"""The line at the bottom of the window: messages at the left, the progress of the work at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton

from convonet.session.progress import time_left

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_RAIL_WORDS = 20


class WorkLine(QObject):
    """Fills a status bar.

    Args:
        controller: knows the work and has the action that stops it.
    """

    def __init__(self, bar: QStatusBar, controller: Controller) -> None:
        # Belongs to the bar, so that a window that was closed hears of no more progress.
        super().__init__(bar)
        self._controller = controller
        bar.setSizeGripEnabled(False)
        # The bar would write at its edge, and is told not to; this stands below the words of the rail.
        message = QLabel()
        message.setContentsMargins(_RAIL_WORDS, 0, 0, 0)
        bar.messageChanged.connect(message.setText)
        bar.addPermanentWidget(message, 1)
        self._doing, self._left = QLabel(), QLabel()
        self._bar = QProgressBar()
        self._bar.setFixedWidth(220)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        self._stop = QToolButton()
        self._stop.setObjectName("plain")
        self._stop.setDefaultAction(controller.actions["stop"])
        for widget in (self._doing, self._bar, self._left, self._stop):
            bar.addPermanentWidget(widget)

    def refresh(self) -> None:
        """Show how far the work is, or nothing where there is none."""
        work, progress = self._controller.session.work, self._controller.progress
        for widget in (self._doing, self._bar, self._left, self._stop):
            widget.setVisible(work is not None)
        if work is not None:
            self._doing.setText(progress.heading)
            self._left.setText(time_left(progress.seconds_left))
            # A range of zero makes Qt show a bar that moves without an end.
            self._bar.setRange(0, 0 if progress.share is None else 1000)
            self._bar.setValue(round(1000 * (progress.share or 0)))
