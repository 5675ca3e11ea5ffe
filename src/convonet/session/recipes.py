"""A recipe for the images of a person: what it must know of them is read from names and headers alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convonet.params import DataParams, HyperParams, SearchSpace
from convonet.params.migrations import VERSION_KEY
from convonet.params.recipes import (
    DEFAULT_RECIPE,
    Recipe,
    TrainRecipe,
    names_network,
    recipe,
    without_network,
)

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing
    from convonet.documents.plan import Plan
    from convonet.runs import Run


@dataclass
class RecipeChoice:
    """Which recipe trains, and for how long.

    Attributes:
        first: the recipe where nothing is set.
        chosen: the recipe that the person chose; None: it follows from the hyperparameters.
        exact: the hyperparameters are a whole, such as those of a file, a preset or a search: they are trained as
            they are.
        minutes: the time budget of a plan; None: the recipe's own.
    """

    first: TrainRecipe = DEFAULT_RECIPE
    chosen: TrainRecipe | None = None
    exact: bool = False
    minutes: float | None = None

    def of(self, space: SearchSpace) -> TrainRecipe:
        """The recipe that trains these hyperparameters."""
        if self.chosen is not None:
            return self.chosen
        given = {*space.choices, *space.ranges}
        # A recipe chooses the network, so hyperparameters that name one are trained without a recipe.
        return "none" if (self.exact and given) or names_network(given) else self.first


def imposed(hyper: HyperParams) -> HyperParams:
    """What of the hyperparameters is imposed on a plan: all that is set but the network itself."""
    return HyperParams.of(without_network(hyper.set_values()))


def as_trained(run: Run, data: DataParams) -> tuple[DataParams, HyperParams]:
    """Data parameters with the pixels of a run's model, and the hyperparameters that its plan has chosen."""
    params = run.read().params
    images, network = params.data or {}, params.hyper or {}
    # The network was built for these pixels; folders and split stay as the person has them now.
    pixels = {name: images[name] for name in ("image_size", "channels") if name in images}
    hyper = {name: value for name, value in network.items() if name != VERSION_KEY}
    return data.changed(**pixels), HyperParams.of(hyper)


def make_plan(
    data: DataParams,
    hyper: HyperParams,
    name: TrainRecipe,
    listing: ImageListing,
    *,
    minutes: float | None = None,
    validation: int = 0,
) -> Plan | None:
    """The plan of a recipe for listed images, None for `none`. Reads headers of images: to be called in a thread.

    Raises:
        DataError: no image can be read.
        ParamError: values that do not go together.
    """
    if name == "none":
        return None
    # Late: a window is there sooner without numpy.
    from convonet.planning import plan_for

    return plan_for(data, imposed(hyper), name, listing, minutes=minutes, validation=validation)


def expert_values(plan: Plan) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a person would set for the main network of a plan: data parameters and hyperparameters, by name.

    That is the fine-tuned one, else the first. The time budget stands as a limit, since nobody measures speed there.
    """
    main = next((one for one in plan.candidates if one.kind == "fine_tuned"), plan.candidates[0])
    hyper = dict(main.hyper)
    if main.timed:
        hyper |= {main.epochs_field: main.most_epochs, "time_limit": round(60 * plan.minutes)}
    return {"image_size": main.image_size, "channels": main.channels}, hyper


def recipe_for(name: Recipe, data: DataParams, listing: ImageListing | None = None) -> dict[str, Any]:
    """The hyperparameters of a recipe for a training set.

    Args:
        listing: of the training images where they are listed already.

    Raises:
        DataError: there are no training images.
    """
    # Late: a window is there sooner without the reading of images.
    from convonet.data.sources import find_channels, scan_set

    listing = scan_set(data, "train") if listing is None else listing
    channels = find_channels(listing) if data.channels == "auto" else data.channels
    return recipe(
        name,
        channels=int(channels),
        size=data.size,
        classes=listing.classes,
        images=len(listing),
    )


def with_recipe(space: SearchSpace, name: Recipe, data: DataParams) -> SearchSpace:
    """The recipe beneath hyperparameters: what is set stays as it is.

    Raises:
        DataError: there are no training images.
    """
    return beneath(space, recipe_for(name, data))


def beneath(space: SearchSpace, values: Mapping[str, Any]) -> SearchSpace:
    """Values, as `recipe_for` gives them, for what is not set."""
    own = {*space.choices, *space.ranges}
    return space.changed({key: [value] for key, value in values.items() if key not in own})
