"""A recipe for the images of a person: what it must know of them is read from names and headers alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from convonet.params import DataParams, SearchSpace
from convonet.params.recipes import Recipe, recipe

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing


def recipe_for(name: Recipe, data: DataParams, listing: ImageListing | None = None) -> dict[str, Any]:
    """The hyper parameters of a recipe for a training set.

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
    """The recipe beneath hyper parameters: what is set stays as it is.

    Raises:
        DataError: there are no training images.
    """
    return beneath(space, recipe_for(name, data))


def beneath(space: SearchSpace, values: Mapping[str, Any]) -> SearchSpace:
    """Values, as `recipe_for` gives them, for what is not set."""
    own = {*space.choices, *space.ranges}
    return space.changed({key: [value] for key, value in values.items() if key not in own})
