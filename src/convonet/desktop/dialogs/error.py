"""An error in plain words: what, where, expected, received, what to do; the rest folded away."""

from __future__ import annotations

import json
import traceback
from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFormLayout, QLayout, QPlainTextEdit, QToolButton, QWidget

from convonet.desktop.widgets.basic import button, column, label, row
from convonet.errors import ConvonetError, ParamError
from convonet.hints import hint_for
from convonet.text import counted

_WIDTH, _NAMES_WIDTH = 560, 110


class ErrorDialog(QDialog):
    """Shows a ConvonetError.

    Args:
        offers: words of buttons that do something about it, such as Resume.

    Attributes:
        taken: the offer that was clicked, else empty.
    """

    def __init__(
        self, error: ConvonetError, offers: Sequence[str] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.taken = ""
        self._error = error
        self.setWindowTitle("Convonet")
        # Some messages end in a full stop; the heading below always adds one.
        what = error.what.rstrip(".")
        if isinstance(error, ParamError) and len(error.faults) > 1:
            what = counted(len(error.faults), "value is invalid", "values are invalid")
        head = label(f"{what[:1].upper()}{what[1:]}.", "section", wrap=True, select=True)
        head.setFixedWidth(_WIDTH)
        self._more = QPlainTextEdit(self._details())
        self._more.setReadOnly(True)
        self._more.setFixedHeight(170)
        self._more.setAccessibleName("Details")
        self._more.hide()
        self._fold = QToolButton()
        self._fold.setObjectName("fold")
        self._fold.setText("▸ Details")
        self._fold.clicked.connect(self._toggle)
        close = button("Close", self.reject, primary=not offers)
        made = [
            button(text, lambda text=text: self._take(text), primary=not place)  # type: ignore[misc]
            for place, text in enumerate(offers)
        ]
        copy = button("Copy", self._copy, tip="Copy everything to the clipboard")
        whole = column(
            head, self._facts(error), self._fold, self._more, row(copy, None, *made, close), margin=20
        )
        # The dialog is as high as its words: no gaps around them, none of them cut.
        whole.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        self.setLayout(whole)
        # Enter then takes the first offer or, where there is none, closes the dialog.
        (made[0] if made else close).setFocus()

    def _facts(self, error: ConvonetError) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        pairs = [
            ("Where", error.where),
            ("Expected", error.expected),
            ("Received", error.received),
            ("What to do", hint_for("window", error.hint)),
        ]
        if isinstance(error, ParamError) and len(error.faults) > 1:
            pairs[:0] = [(name, sentence) for name, sentence in error.faults.items()]
        for name, text in pairs:
            if text:
                said = label(text, wrap=True, select=True)
                said.setFixedWidth(_WIDTH - _NAMES_WIDTH)
                form.addRow(label(name, "muted"), said)
        return form

    def _details(self) -> str:
        text = json.dumps(self._error.to_dict(), ensure_ascii=False, indent=2)
        # An error that was never raised in this process has no frames to show.
        frames = "".join(traceback.format_exception(self._error)) if self._error.__traceback__ else ""
        return f"{text}\n\n{frames}".strip()

    def _toggle(self) -> None:
        hidden = self._more.isHidden()
        self._more.setVisible(hidden)
        self._fold.setText("▾ Details" if hidden else "▸ Details")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self._error.sentence('window')}\n\n{self._details()}")

    def _take(self, offer: str) -> None:
        self.taken = offer
        self.accept()
