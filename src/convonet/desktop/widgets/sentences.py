"""Sentences one below the other, each behind a point; many of them scroll."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea

from convonet.desktop.widgets.basic import holder, label

_MARGIN = 12


class SentenceList(QScrollArea):
    """As high as its sentences, up to `highest` pixels."""

    def __init__(self, highest: int) -> None:
        super().__init__()
        self._highest = highest
        self._sentences: tuple[str, ...] = ()
        self._lines = QGridLayout()
        self._lines.setHorizontalSpacing(7)
        self._lines.setVerticalSpacing(3)
        self._lines.setColumnStretch(1, 1)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(holder(self._lines))
        self._lines.setContentsMargins(0, 0, _MARGIN, 0)

    def show_sentences(self, sentences: Sequence[str]) -> None:
        """Show other sentences."""
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._sentences = tuple(sentences)
        for place, text in enumerate(sentences):
            point, line = label("•"), label(text, wrap=True, select=True)
            self._lines.addWidget(point, place, 0, Qt.AlignmentFlag.AlignTop)
            self._lines.addWidget(line, place, 1)
            # What is not shown yet is not measured.
            point.show()
            line.show()
        self._fit()

    def text(self) -> str:
        """What is shown, a sentence a line."""
        return "\n".join(self._sentences)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        needed = self._lines.heightForWidth(self.viewport().width())
        self.setFixedHeight(max(min(needed, self._highest), 1))
