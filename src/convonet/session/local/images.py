"""The images of this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convonet import documents, tasks
from convonet.events import Watch
from convonet.params import DataParams, HyperParams
from convonet.params.recipes import Recipe, TrainRecipe
from convonet.session.demo import demo_task
from convonet.session.look import SizesFound, find_sizes
from convonet.session.predictions import Answers, answers_file
from convonet.session.recipes import make_plan, recipe_for
from convonet.session.sets import LoadedSets, load_sets

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing
    from convonet.data.marking import MarkedImage
    from convonet.documents.plan import Plan


class LocalImages:
    """Reads the images themselves; each method is a function of this room or of `data`."""

    def load_sets(self, data: DataParams, classes: Sequence[str], watch: Watch) -> LoadedSets:
        """List every set that the parameters name; see `load_sets`."""
        return load_sets(data, classes, watch)

    def find_sizes(
        self, listings: Mapping[tasks.Split, ImageListing], data: DataParams, watch: Watch
    ) -> SizesFound:
        """Heights, widths and pixels of an even share; see `find_sizes`."""
        return find_sizes(listings, data, watch)

    def make_plan(
        self,
        data: DataParams,
        hyper: HyperParams,
        recipe: TrainRecipe,
        listing: ImageListing,
        *,
        minutes: float | None,
        validation: int,
    ) -> Plan | None:
        """What a recipe would train; see `make_plan`."""
        return make_plan(data, hyper, recipe, listing, minutes=minutes, validation=validation)

    def recipe_values(self, name: Recipe, data: DataParams, listing: ImageListing) -> dict[str, Any]:
        """Known good hyperparameters; see `recipe_for`. Raises DataError."""
        return recipe_for(name, data, listing)

    def marks(self, data: DataParams, watch: Watch) -> list[MarkedImage]:
        """What was said about images of the sets. Raises DataError."""
        # The window can be seen sooner without numpy and Pillow, which this loads.
        from convonet.data.marking import list_marks

        return list_marks(data, watch)

    def mark(
        self, data: DataParams, paths: Sequence[str], *, label: str | None, undo: bool, watch: Watch
    ) -> list[MarkedImage]:
        """Mark images. Raises ParamError, OutputError."""
        # The window can be seen sooner without numpy and Pillow, which this loads.
        from convonet.data.marking import Change, mark_images

        return mark_images(data, paths, Change(label, undo), watch)

    def answers(self, root: Path, scores: documents.RunEvaluation) -> Answers:
        """The model's prediction for each image of an evaluation. Raises InputError."""
        return Answers(answers_file(scores), root)

    def demo(self) -> tasks.TrainTask:
        """The demonstration; its images are written once. Raises WorkerError."""
        return demo_task()
