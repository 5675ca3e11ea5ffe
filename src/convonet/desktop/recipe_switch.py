"""From a plan to values of one's own, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from convonet.desktop.plan_preview import PlanPreview
from convonet.params import DataParams, SearchSpace
from convonet.params.recipes import TrainRecipe, names_network
from convonet.session.recipes import expert_values

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_PIXELS = ("image_size", "channels")


class RecipeSwitch(QObject):
    """Sets the recipe of a window. Expert begins with the values of the plan, the others with what stood before it."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._session, self._preview = controller.session, PlanPreview.of(controller)
        self._before: tuple[DataParams, SearchSpace] | None = None

    @classmethod
    def of(cls, controller: Controller) -> RecipeSwitch:
        """The switch of a window, made when it is asked for the first time."""
        found = controller.findChild(cls)
        return found if isinstance(found, cls) else cls(controller)

    def choose(self, recipe: TrainRecipe, minutes: float | None = None) -> None:
        """Take a recipe.

        Args:
            minutes: the time budget of its plan; None: the recipe's own.
        """
        session = self._session
        if recipe == "none" and session.params.recipe != "none":
            self._take_plan()
        elif recipe != "none" and session.params.recipe == "none":
            self._put_back()
        session.params.set_recipe(recipe, minutes if recipe != "none" else None)

    def _take_plan(self) -> None:
        session, plan = self._session, self._preview.last
        if plan is None or names_network(session.params.hyper.set_values()):
            return
        self._before = session.params.data, session.params.space
        pixels, hyper = expert_values(plan)
        session.params.set_data(session.params.data.changed(**pixels))
        session.params.set_exact(SearchSpace.of(hyper))

    def _put_back(self) -> None:
        """What stood before the plan's values, unless other images were chosen since."""
        before, self._before = self._before, None
        session = self._session
        if before is None or before[0].train_dir != session.params.data.train_dir:
            return
        session.params.set_space(before[1])
        own = {name: value for name, value in session.params.data.set_values().items() if name not in _PIXELS}
        pixels = {name: value for name, value in before[0].set_values().items() if name in _PIXELS}
        session.params.set_data(DataParams.of(own | pixels))
