"""What is wrong with a set, on the page of the data, with what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from convonet.desktop.widgets.basic import button, column, frame, label, row
from convonet.errors import ClassMismatchError, ConvonetError
from convonet.tasks import Split

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_NAMES: dict[Split, str] = {"train": "Training", "val": "Validation", "test": "Test"}


class FaultNote(QWidget):
    """The first fault of the sets; hidden where there is none."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._text = label("", wrap=True, select=True)
        self._map = button("Use this class map", self._take_map)
        self._offered: dict[str, str] = {}
        self.mapping = label("", "small", wrap=True, select=True)
        line = row(column(self._text, self.mapping, gap=4), self._map, gap=14, margin=12)
        line.setStretch(0, 1)
        self.setLayout(column(frame(line, "fault")))
        self.hide()

    def show_errors(self, errors: dict[Split, ConvonetError]) -> None:
        """Show the first error, or hide."""
        self.setVisible(bool(errors))
        if not errors:
            return
        split, error = next(iter(errors.items()))
        self._text.setText(f"{_NAMES[split]} images: {error.sentence('window')}")
        self._offered = error.offered_map if isinstance(error, ClassMismatchError) else {}
        if self._offered:
            self._text.setText(
                f"The class names of the {_NAMES[split].lower()} images differ from those of the training images. "
                "Are these the same classes?"
            )
        pairs = "\n".join(f"{a}  →  {b}" for a, b in self._offered.items())
        self.mapping.setText(pairs)
        self.mapping.setVisible(bool(pairs))
        self._map.setToolTip("Saves this class map in the data parameters")
        self._map.setVisible(bool(self._offered))

    def _take_map(self) -> None:
        session = self._controller.session
        known = dict(session.params.data.class_map or {}) | self._offered
        self._controller.guard(lambda: session.params.set_data(session.params.data.changed(class_map=known)))
        self._controller.scan()
