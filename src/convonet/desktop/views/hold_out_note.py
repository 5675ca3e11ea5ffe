"""Says that there are no test images, and offers to hold some out before training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame

from convonet.desktop.widgets.basic import button, column, holder, label
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.folding import FoldingRow

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_SHARE = 0.2
_LEAST = 10
"""With fewer images a test would say nothing."""


class HoldOutNote(QFrame):
    """Hidden where there are test images, or too few images to spare some."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.setObjectName("note")
        self._controller, self._session = controller, controller.session
        text = label(
            "There are no test images, so the accuracy on new images cannot be measured.",
            wrap=True,
        )
        self.hold_out = button(
            f"Hold out {100 * _SHARE:g}% for testing",
            self._hold_out,
            tip="A fraction of each class is set aside for testing and never used for training.",
        )
        buttons = holder(FlowLayout(self.hold_out, controller.button("load_test", "Test folder …")))
        line = FoldingRow(text, buttons, wanted=(260, None), stretch=(1, 0))
        self.setLayout(column(line, margin=10))

    def refresh(self) -> None:
        """Show or hide it."""
        sets = self._session.sets
        is_alone = "train" in sets and "test" not in sets and "test" not in sets.errors
        self.setVisible(is_alone and sets.images("train") >= _LEAST)

    def _hold_out(self) -> None:
        data = self._session.params.data.changed(test_share=_SHARE)
        self._controller.guard(lambda: self._session.params.set_data(data))
        self._controller.scan()
