"""The parameters that a person has set: data and hyperparameters, the recipe, and what is wrong in a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from convonet import tasks
from convonet.params import (
    DataParams,
    HyperParams,
    SearchSpace,
    load_data,
    load_hyper,
    save_data,
    save_hyper,
)
from convonet.params.recipes import TrainRecipe
from convonet.runs import Run
from convonet.runs.documents import adopted_hyper
from convonet.session.changes import Part
from convonet.session.demo import is_demo
from convonet.session.recipes import RecipeChoice

ParamForm = Literal["data", "hyper"]


@dataclass(frozen=True)
class FormFaults:
    """What is wrong in each form: field → sentence."""

    data: Mapping[str, str] = field(default_factory=dict)
    hyper: Mapping[str, str] = field(default_factory=dict)

    def of(self, form: ParamForm) -> Mapping[str, str]:
        """Those of one form."""
        return self.data if form == "data" else self.hyper

    @property
    def count(self) -> int:
        """Of both forms."""
        return len(self.data) + len(self.hyper)


class Parameters:
    """What the next task is made from.

    Args:
        changed: called with the parts that have another value.

    Attributes:
        data: folders, size and split of the images.
        space: the hyperparameters with their alternatives; `hyper` has the first value of each.
        recipes: which recipe trains; `recipe` has what follows from it.
        files: form → the file that its values were read from or saved to.
        faults: what is wrong in a form and is therefore not taken over.
    """

    def __init__(self, changed: Callable[..., None]) -> None:
        self.data = DataParams()
        self.space = SearchSpace()
        self.recipes = RecipeChoice()
        self.files: dict[str, Path] = {}
        self.faults = FormFaults()
        self._changed = changed

    @property
    def hyper(self) -> HyperParams:
        """The values that a training takes: the first of each."""
        return self.space.first()

    @property
    def recipe(self) -> TrainRecipe:
        """The recipe of the next training."""
        return self.recipes.of(self.space)

    def set_data(self, data: DataParams) -> None:
        """Take over data parameters."""
        # A value that is set to its default is another answer than one that is not set.
        if data == self.data and data.model_fields_set == self.data.model_fields_set:
            return
        self.data, self.faults = data, replace(self.faults, data={})
        self._changed("data")

    def set_space(self, space: SearchSpace) -> None:
        """Take over hyperparameters with their alternatives."""
        if space == self.space:
            return
        before = self.recipe
        if _network(space) != _network(self.space):
            # What was done last counts: a network that is set now, not a recipe that was chosen before.
            self.recipes.chosen = None
        self.space, self.faults = space, replace(self.faults, hyper={})
        parts: tuple[Part, ...] = ("hyper", "recipe") if self.recipe != before else ("hyper",)
        self._changed(*parts)

    def set_exact(self, space: SearchSpace) -> None:
        """Take over hyperparameters that are complete and are trained as they are."""
        self.set_space(space)
        self.recipes.chosen, self.recipes.exact = None, True
        self._changed("recipe")

    def new_hyper(self) -> None:
        """Start over: no hyperparameter is set, and the recipe is the first."""
        self.files.pop("hyper", None)
        self.recipes = RecipeChoice(self.recipes.first)
        self.set_space(SearchSpace())
        self._changed("recipe")

    def set_recipe(self, recipe: TrainRecipe, minutes: float | None = None) -> None:
        """Choose a recipe.

        Args:
            minutes: the time budget of its plan; None: the recipe's own.
        """
        # A recipe that follows from the hyperparameters anyway is not remembered, so it keeps following them.
        implied = replace(self.recipes, chosen=None).of(self.space)
        self.recipes.chosen = None if recipe == implied else recipe
        self.recipes.minutes = minutes
        self._changed("recipe")

    def restore_recipe(self, recipes: RecipeChoice) -> None:
        """Restore a choice that was made earlier."""
        self.recipes = recipes
        self._changed("recipe")

    def set_faults(self, form: ParamForm, faults: Mapping[str, str]) -> None:
        """Remember what is wrong in a form: nothing is trained with half of what a person typed."""
        before, given = self.faults, dict(faults)
        self.faults = replace(before, data=given) if form == "data" else replace(before, hyper=given)
        if self.faults != before:
            self._changed(form)

    def choose_images(self, folder: Path, field: str = "train_dir", *, replaces: bool = False) -> None:
        """Use a folder of images as one of the sets.

        New training images in the place of others start over: test folder, image size, class map and hyperparameters
        belonged to the old ones. Only the results folder stays.

        Args:
            replaces: training images are loaded; those of the demonstration are replaced in any case.
        """
        data = self.data.changed(**{field: str(folder)})
        replaced = field == "train_dir" and (replaces or is_demo(self.data))
        if replaced and data.train_dir != self.data.train_dir:
            self.new_hyper()
            kept = {"result_dir": self.data.result_dir} if self.data.result_dir else {}
            data = DataParams.of({field: str(folder)} | kept)
            self.files.pop("data", None)
        self.set_data(data)

    def take_task(self, task: tasks.TrainTask) -> None:
        """Take over the parameters and the recipe of a training."""
        self.set_data(task.data)
        self.recipes.exact = task.recipe == "none"
        self.set_space(SearchSpace.single(task.hyper))
        # Comes last because a different network in the hyperparameters drops a chosen recipe.
        self.set_recipe(task.recipe, task.minutes)

    def adopt(self, run: Run, trial: int | None = None) -> None:
        """Use the values of a search: of its best row, or of one trial.

        Raises:
            InputError: there is no such trial, or none that is done.
        """
        self.set_exact(SearchSpace.single(adopted_hyper(run, trial)))

    def load_data(self, path: Path) -> None:
        """Read data parameters from a file. Raises InputError with all faults."""
        self.set_data(load_data(path))
        self.files["data"] = path
        self._changed("data")

    def load_hyper(self, path: Path) -> None:
        """Read hyperparameters from a file. Raises InputError with all faults."""
        self.set_exact(load_hyper(path))
        self.files["hyper"] = path
        self._changed("hyper")

    def save_data(self, path: Path) -> None:
        """Write the data parameters. Raises OutputError."""
        save_data(path, self.data)
        self.files["data"] = path

    def save_hyper(self, path: Path) -> None:
        """Write the hyperparameters with their alternatives. Raises OutputError."""
        save_hyper(path, self.space)
        self.files["hyper"] = path


def _network(space: SearchSpace) -> tuple[Any, ...]:
    """What of hyperparameters names a network."""
    return tuple((space.choices.get(name), space.ranges.get(name)) for name in ("family", "base"))
