"""One of several things, each with a sentence; what cannot be taken says why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QRadioButton, QWidget

from convonet.desktop.widgets.basic import column, label


class Choice(NamedTuple):
    """One line of the dialog.

    Attributes:
        why_not: why it cannot be taken; empty where it can.
    """

    title: str
    text: str
    why_not: str = ""


class PickDialog(QDialog):
    """Choices below each other, the first that can be taken is taken.

    Args:
        accept: what the button says.
    """

    def __init__(
        self, title: str, choices: Sequence[Choice], accept: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(460)
        self.buttons: dict[str, QRadioButton] = {}
        lines: list[QWidget | int | None] = [label(title, "section"), 4]
        for choice in choices:
            made = self.buttons[choice.title] = QRadioButton(choice.title)
            made.setEnabled(not choice.why_not)
            made.setAccessibleDescription(choice.why_not or choice.text)
            note = label(choice.why_not or choice.text, "small", wrap=True)
            note.setContentsMargins(24, 0, 0, 4)
            lines += [made, note]
        next(made for made in self.buttons.values() if made.isEnabled()).setChecked(True)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        box.addButton(accept, QDialogButtonBox.ButtonRole.AcceptRole).setProperty("role", "primary")
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self.setLayout(column(*lines, 8, box, gap=4, margin=20))

    @property
    def taken(self) -> str:
        """The title of what is chosen."""
        return next(title for title, made in self.buttons.items() if made.isChecked())
