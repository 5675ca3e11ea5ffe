"""Says on the page Test that test images were marked after the test, and offers to test again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame

from convonet.desktop.widgets.basic import label, row
from convonet.events import Watch
from convonet.runs.outdated import marked_since, outdated_sentence

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller


class OutdatedNote(QFrame):
    """Hidden while the scores are those of the labels as they are now."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self.setObjectName("note")
        self.text = label("", wrap=True)
        line = row(self.text, controller.button("evaluate", "Test again"), gap=12, margin=10)
        line.setStretch(0, 1)
        self.setLayout(line)
        self.hide()

    def refresh(self) -> None:
        """Look at the marks of the images that the model's run was tested on."""
        session = self._controller.session
        model = session.model
        if model is None or model.run is None or session.backend.is_remote:
            self.hide()
            return
        run, name = model.run, "this model"

        def count(_: Watch) -> str:
            return outdated_sentence(name, marked_since(run))

        # Answers are read image by image.
        self._controller.background.call("outdated", count, self._show)

    def _show(self, sentence: str) -> None:
        self.text.setText(sentence)
        self.setVisible(bool(sentence))
