"""The images that the data parameters name, listed set by set, each fault kept beside the sets that are well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convonet import tasks
from convonet.errors import ConvonetError
from convonet.events import Watch
from convonet.params import DataParams

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing

_DECIDING = (
    "train_dir",
    "test_dir",
    "val_dir",
    "num_classes",
    "class_map",
    "missing_classes",
    "label_pattern",
    "test_share",
    "split_seed",
    "group_pattern",
    "group_column",
    "path_column",
    "label_column",
    "split_column",
    "image_dir",
)
"""The data parameters that a listing depends on."""


def deciding_values(data: DataParams) -> tuple[object, ...]:
    """What of data parameters names images, whatever they say about pixels."""
    return tuple(getattr(data, name) for name in _DECIDING)


@dataclass(frozen=True)
class LoadedSets:
    """The listings that could be made, and why others could not."""

    listings: Mapping[tasks.Split, ImageListing] = field(default_factory=dict)
    errors: Mapping[tasks.Split, ConvonetError] = field(default_factory=dict)

    def __getitem__(self, split: tasks.Split) -> ImageListing:
        return self.listings[split]

    def __contains__(self, split: object) -> bool:
        return split in self.listings

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the training set, else of the only set there is."""
        for listing in self.listings.values():
            return listing.classes
        return ()

    @property
    def findings(self) -> tuple[str, ...]:
        """What a person should know of the sets, as far as names and counts tell it."""
        # Like `scan_set`, it loads numpy and Pillow.
        from convonet.data.preflight import listing_findings

        named = {str(split): listing for split, listing in self.listings.items()}
        return tuple(finding.sentence for finding in listing_findings(named))

    def images(self, split: tasks.Split) -> int:
        """How many images a set has; 0 when it is not there."""
        return len(self.listings[split]) if split in self.listings else 0


def load_sets(data: DataParams, classes: Sequence[str] = (), watch: Watch | None = None) -> LoadedSets:
    """List every set that `data` names. Long for many images; nothing is decoded.

    Args:
        classes: a model's names, for sets that come without a training set.

    Raises:
        Cancelled: the watch says so.
    """
    # The window can be seen sooner without numpy and Pillow, which this loads.
    from convonet.data.sources import has_set, scan_set

    listings: dict[tasks.Split, ImageListing] = {}
    errors: dict[tasks.Split, ConvonetError] = {}
    wanted: tuple[tasks.Split, ...] = ("train", "val", "test")
    for split in wanted:
        try:
            if not has_set(data, split):
                continue
            # The training set decides which classes there are; without one, the model does.
            names = listings["train"].classes if "train" in listings else tuple(classes) or None
            listings[split] = scan_set(data, split, classes=None if split == "train" else names, watch=watch)
        except ConvonetError as error:
            errors[split] = error
    return LoadedSets(listings, errors)
