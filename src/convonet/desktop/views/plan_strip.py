"""What is going to be trained on the images that were chosen, and the one button that starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame

from convonet.desktop.plan_preview import PlanPreview
from convonet.desktop.views.hold_out_note import HoldOutNote
from convonet.desktop.widgets.basic import button, column, holder, label
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.folding import FoldingRow
from convonet.params.recipes import RECIPE_TITLES
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller


class PlanStrip(QFrame):
    """Stands above the images; hidden while there are none to train on."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.setObjectName("card")
        self._controller = controller
        self.sentence = label("", "section", wrap=True, select=True)
        self._recipe = label("", "muted")
        self.train = controller.button("train_val", "Train", primary=True)
        change = button("Change", lambda: controller.page_wanted.emit("train"), tip="Other ways to train")
        self.hold_out = HoldOutNote(controller)
        words = holder(column(self.sentence, self._recipe, gap=3))
        line = FoldingRow(words, holder(FlowLayout(change, self.train)), wanted=(260, None), stretch=(1, 0))
        self.setLayout(column(line, self.hold_out, gap=10, margin=14))
        self._preview = PlanPreview.of(controller)
        self._preview.changed.connect(self._show_plan)

    def refresh(self) -> None:
        """Show the plan for the images that are loaded, or hide."""
        session = self._controller.session
        self.setVisible("train" in session.sets)
        if "train" in session.sets:
            self.hold_out.refresh()
            self._preview.request()
            self._show_plan()

    def _show_plan(self) -> None:
        session, preview = self._controller.session, self._preview
        images, classes = session.sets.images("train"), len(session.sets.classes)
        found = f"{counted(images, 'image')}, {counted(classes, 'class', 'classes')}"
        if preview.plan is not None:
            text = preview.plan.sentence
        elif preview.is_busy:
            text = f"{found} → planning …"
        else:
            text = preview.error or f"{found} → your own values"
        self.sentence.setText(text)
        self._recipe.setText(RECIPE_TITLES[session.params.recipe])
