"""Test images that are held out from the training images, where there are no others."""

from __future__ import annotations

import numpy as np

from convonet.data.listing import ImageListing, Rows
from convonet.data.locations import Split, location_of
from convonet.data.split import split_rows
from convonet.errors import DataError
from convonet.params import DataParams
from convonet.params.labels import named
from convonet.text import counted


def held_for_test(data: DataParams) -> float:
    """The share of the training images that is for testing; 0 where there are test images already.

    Raises:
        DataError: a folder that was given is not there.
    """
    if not data.test_share or not data.train_dir or location_of(data, "test") is not None:
        return 0.0
    return data.test_share


def share_of(listing: ImageListing, whole: ImageListing, data: DataParams, split: Split) -> ImageListing:
    """The part of the training images that is for training, or for testing.

    Args:
        listing: what is left of the images after the person's marks.
        whole: all of them, from which the part is drawn by class, group and seed alone.
        split: `train` or `test`.

    Raises:
        DataError: there are too few images.
    """
    kept, held = split_rows(whole.labels, data.test_share, data.split_seed, _together(whole))
    if not len(kept) or not len(held):
        raise DataError(
            "There are too few images to hold some out for testing",
            where=whole.root,
            received=counted(len(whole), "image"),
            hint=f"Add images, or set {named('test_share')} to 0",
        )
    wanted = {whole.paths[row] for row in (held if split == "test" else kept).tolist()}
    return listing.select([row for row, path in enumerate(listing.paths) if path in wanted])


def _together(listing: ImageListing) -> Rows | None:
    """A number for each image: those with one number stay together; None where every image stands alone."""
    if listing.groups is None:
        return None
    numbers: dict[str | int, int] = {}
    # An image without a group is its own group.
    keys = [name or row for row, name in enumerate(listing.groups)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
