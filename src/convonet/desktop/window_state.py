"""What the window remembers from one time to the next: recent files, what was loaded, how it looked."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from convonet.atomic import write_json
from convonet.home import home
from convonet.params import DataParams, HyperParams, SearchSpace
from convonet.params.files import data_to_dict, hyper_to_dict
from convonet.params.migrations import VERSION_KEY, migrated
from convonet.params.recipes import TRAIN_RECIPES, TrainRecipe
from convonet.session.recipes import RecipeChoice

_RECENT = 10


@dataclass
class WindowState:
    """One person's window.

    Attributes:
        recent: paths of parameter files, folders and models, the newest first.
        data, hyper: the parameters as their files hold them.
        server: the server that it belongs to; empty: this machine.
        recipe: of the next training; empty: it follows from the hyperparameters.
        minutes: the time budget of its plan; None: the recipe's own.
        exact: the hyperparameters are a whole, as those of windows without recipes are.
    """

    theme: str = "system"
    size: tuple[int, int] = (1280, 800)
    recent: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    hyper: dict[str, Any] = field(default_factory=dict)
    model: str = ""
    folder: str = ""
    server: str = ""
    recipe: str = ""
    minutes: float | None = None
    exact: bool = True

    @classmethod
    def load(cls, server: str = "") -> WindowState:
        """The last one; an empty one when there is none or it cannot be read."""
        try:
            values = json.loads(_file(server).read_text(encoding="utf-8"))
            # Another version may have written fields that this one does not know.
            known = {item.name: values[item.name] for item in fields(cls) if item.name in values}
            found = cls(**known | {"server": server})
            # JSON has lists in place of tuples, and a bad size must show here, where it is caught.
            found.size = (int(found.size[0]), int(found.size[1]))
        except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
            # A broken file must not keep the window from opening.
            return cls(server=server)
        return found

    def save(self) -> None:
        """Write it. Raises OutputError or StorageError."""
        write_json(_file(self.server), asdict(self))

    def used(self, path: Path) -> None:
        """Put a path in front of the recent ones."""
        text = str(path)
        self.recent = [text, *(known for known in self.recent if known != text)][:_RECENT]
        self.folder = str(path.parent)

    def failed(self, path: Path) -> None:
        """Take away what turned out to be nothing that can be opened."""
        self.recent = [known for known in self.recent if known != str(path)]

    def keep_params(self, data: DataParams, space: SearchSpace, recipes: RecipeChoice) -> None:
        """Remember the parameters, saved in a file or not, and the recipe."""
        self.data, self.hyper = data_to_dict(data), hyper_to_dict(space)
        self.recipe, self.minutes, self.exact = recipes.chosen or "", recipes.minutes, recipes.exact

    def data_params(self) -> DataParams:
        """The data parameters of last time. Raises ParamError."""
        return DataParams.of({k: v for k, v in self.data.items() if k != VERSION_KEY})

    def search_space(self) -> SearchSpace:
        """The hyperparameters of last time. Raises ParamError."""
        if not self.hyper.keys() - {VERSION_KEY}:
            return SearchSpace.single(HyperParams())
        return SearchSpace.of(migrated("hyper", self.hyper))

    def recipe_choice(self, first: TrainRecipe) -> RecipeChoice:
        """The recipe of last time.

        Args:
            first: the recipe of whoever has said nothing.
        """
        # A recipe that this version does not know counts as none.
        chosen = next((name for name in TRAIN_RECIPES if name == self.recipe), None)
        return RecipeChoice(first, chosen, bool(self.exact), self.minutes)


def _file(server: str) -> Path:
    return home() / (f"desktop-{server}.json" if server else "desktop.json")
