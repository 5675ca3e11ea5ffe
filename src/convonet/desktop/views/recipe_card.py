"""How the next training goes: its recipe, its time budget, and the plan in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QDoubleSpinBox, QFrame

from convonet.desktop.plan_preview import PlanPreview
from convonet.desktop.recipe_switch import RecipeSwitch
from convonet.desktop.views.hold_out_note import HoldOutNote
from convonet.desktop.widgets.basic import column, holder, label, row
from convonet.desktop.widgets.candidates import CandidateLine, CandidateList
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.folding import FoldingRow
from convonet.desktop.widgets.segments import Segments
from convonet.params.recipes import DEFAULT_MINUTES, RECIPE_TITLES, TrainRecipe

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_MEANS: dict[TrainRecipe, str] = {
    "fast": "Tries only quick networks and keeps the best one.",
    "auto": "Tries several networks within the time budget and keeps the best one.",
    "best": "Tries several networks, trains longer, and keeps the best one.",
    "none": "Trains one network with the values that you set. Initially, they are the plan's values.",
}


class MinutesBox(QDoubleSpinBox):
    """Minutes; the lowest value stands for the recipe's own."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(0, 10_000)
        self.setDecimals(1)
        self.setAccessibleName("Time budget in minutes")
        self.setToolTip("Time budget in minutes. More time means more candidates and longer training.")
        self.setFixedWidth(130)

    def textFromValue(self, value: float) -> str:
        return f"{value:g}"


class RecipeCard(QFrame):
    """Reads and sets the recipe of the session.

    Attributes:
        preview: makes the plan.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.setObjectName("card")
        self._controller, self._session = controller, controller.session
        titles: dict[str, tuple[str, str]] = {
            name: (title, _MEANS[name]) for name, title in RECIPE_TITLES.items()
        }
        self.recipe, self.minutes = Segments(titles, "Recipe"), MinutesBox()
        self._means = label("", "muted", wrap=True)
        self.sentence = label("", "section", wrap=True, select=True)
        self.notes = label("", "small", wrap=True, select=True)
        self.candidates = CandidateList(heads=False)
        self._minutes_name = label("Minutes", "muted")
        self.edit = controller.button("edit_hyper", "Edit parameters")
        budget = holder(row(self._minutes_name, self.minutes, gap=8))
        chosen = holder(FlowLayout(self.recipe, budget, gap=14))
        line = FoldingRow(chosen, self.edit, wanted=(None, None), stretch=(1, 0))
        words = column(self.sentence, self._means, gap=3)
        self.hold_out = HoldOutNote(controller)
        self.setLayout(column(line, words, self.candidates, self.notes, self.hold_out, gap=10, margin=14))
        self._fallback, self._with_candidates = "", False
        self.preview = PlanPreview.of(controller)
        self.preview.changed.connect(self._show_plan)
        self._switch = RecipeSwitch.of(controller)
        self.recipe.chosen.connect(self._choose)
        self.minutes.valueChanged.connect(lambda _: self._choose(self._session.params.recipe))

    def refresh(self, fallback: str, *, with_candidates: bool) -> None:
        """Show what is chosen, and ask for its plan.

        Args:
            fallback: stands where there is no plan.
            with_candidates: list what is going to be tried.
        """
        recipe, minutes = self._session.params.recipe, self._session.params.recipes.minutes
        self.recipe.show_choice(recipe)
        self.minutes.blockSignals(True)
        self.minutes.setValue(minutes or 0)
        self.minutes.blockSignals(False)
        self.minutes.setSpecialValueText(
            f"{DEFAULT_MINUTES.get(recipe, 0):g} (default)" if recipe != "none" else "–"
        )
        for part in (self.minutes, self._minutes_name):
            part.setVisible(recipe != "none")
        self.edit.setVisible(recipe == "none")
        self.hold_out.refresh()
        self._means.setText(_MEANS[recipe])
        self._fallback, self._with_candidates = fallback, with_candidates
        self.preview.request()
        self._show_plan()

    def _show_plan(self) -> None:
        plan, preview = self.preview.plan, self.preview
        if plan is not None:
            text = plan.sentence
        elif preview.is_busy:
            text = "Planning …"
        else:
            text = preview.error or self._fallback
        self.sentence.setText(text)
        self.sentence.setVisible(bool(text))
        self.notes.setText("\n".join(plan.notes) if plan is not None else "")
        self.notes.setVisible(bool(self.notes.text()))
        several = plan is not None and self._with_candidates
        self.candidates.setVisible(several)
        self.candidates.show_lines([_waiting(one) for one in plan.candidates] if plan and several else [])

    def _choose(self, recipe: str) -> None:
        name = next(name for name in RECIPE_TITLES if name == recipe)
        self._controller.guard(lambda: self._switch.choose(name, self.minutes.value() or None))


def _waiting(candidate: Any) -> CandidateLine:
    height, width = candidate.image_size
    size = f"{height} px" if height == width else f"{height} × {width} px"
    return CandidateLine(candidate.title, "waiting", note=size)
