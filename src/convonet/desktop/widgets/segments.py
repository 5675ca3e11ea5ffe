"""A few choices side by side, of which one is taken."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QPushButton

from convonet.desktop.widgets.basic import row


class Segments(QFrame):
    """Buttons that look like one; the arrow keys go from one to the next.

    Args:
        choices: name → title and tip.
        name: what is chosen, for screen readers.

    Signals:
        chosen: the person took another choice; carries its name.
    """

    chosen = Signal(str)

    def __init__(self, choices: Mapping[str, tuple[str, str]], name: str) -> None:
        super().__init__()
        self.setObjectName("segments")
        self.setAccessibleName(name)
        self.buttons: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        for key, (title, tip) in choices.items():
            made = self.buttons[key] = QPushButton(title)
            made.setObjectName("segment")
            made.setCheckable(True)
            made.setToolTip(tip)
            made.setAccessibleName(f"{name}: {title}")
            made.setAccessibleDescription(tip)
            # `clicked` rather than `toggled`, since a choice that the program shows is not one that a person made.
            made.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            group.addButton(made)
        self.setLayout(row(*self.buttons.values(), gap=0))

    @property
    def current(self) -> str:
        """The name of the choice that is taken; empty before there is one."""
        return next((key for key, made in self.buttons.items() if made.isChecked()), "")

    def show_choice(self, key: str) -> None:
        """Show a choice as taken."""
        self.buttons[key].setChecked(True)
