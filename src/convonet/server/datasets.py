"""Sets of images that clients look at: listed once, then paged through."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convonet.atomic import json_text
from convonet.data.arrays import is_arrays
from convonet.data.listing import ImageListing
from convonet.documents.evaluation import SPLIT_TITLES, SkippedFile
from convonet.documents.run_record import Fault
from convonet.errors import ParamError
from convonet.params import DataParams
from convonet.params.files import data_to_dict
from convonet.server.confine import Root
from convonet.server.refusals import Refusal, no_such
from convonet.server.schemas import DataSetDocument, ImagePage, ImageRow, Listing, SetCounts
from convonet.session.sets import LoadedSets, load_sets
from convonet.tasks import Split

_KEPT = 8
_MATCHING = 2
_SKIPPED_TOLD = 100


@dataclass(frozen=True)
class DataSet:
    """Listings of one description."""

    id: str
    data: DataParams
    sets: LoadedSets

    def listing(self, split: Split) -> ImageListing:
        """The images of one set. Raises Refusal 404."""
        if split not in self.sets:
            raise no_such(f"There are no {SPLIT_TITLES[split]} images", self.id)
        return self.sets[split]


class KnownSets:
    """The last few sets that were looked at."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._known: OrderedDict[str, DataSet] = OrderedDict()
        self._matching = threading.BoundedSemaphore(_MATCHING)

    def look(self, data: DataParams, classes: Sequence[str] = ()) -> DataSet:
        """List the images of every set that `data` names. Takes a second for a hundred thousand.

        Args:
            classes: a model's names, for sets that come without a training set.

        Raises:
            Refusal: a link leads out of the root; 429 while others try regular expressions.
            ParamError: a regular expression that cannot be used, or takes too long.
        """
        for name in ("train_dir", "val_dir", "test_dir", "image_dir"):
            folder = getattr(data, name)
            if folder and Path(folder).exists():
                # Listing follows links, so they are checked before anything is listed.
                self._root.check_tree(Path(folder))
        # The same question has the same id, so that two pages share what was found.
        key = json_text([data_to_dict(data), list(classes)])
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        found = DataSet(name, data, self._loaded(data, classes))
        with self._lock:
            self._known[name] = found
            self._known.move_to_end(name)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found

    def _loaded(self, data: DataParams, classes: Sequence[str]) -> LoadedSets:
        if data.label_pattern is None and data.group_pattern is None:
            return load_sets(data, classes)
        # A pattern may take seconds before it is given up: they must not take all threads that answer.
        if not self._matching.acquire(blocking=False):
            raise Refusal(
                429,
                "Another data set that uses a label or group pattern is being read",
                retry_after=5,
                hint="Try again in a few seconds",
            )
        try:
            sets = load_sets(data, classes)
        finally:
            self._matching.release()
        for error in sets.errors.values():
            if isinstance(error, ParamError):
                raise error
        return sets

    def find(self, name: str) -> DataSet:
        """A set that was read before. Raises Refusal 404."""
        with self._lock:
            if name in self._known:
                self._known.move_to_end(name)
                return self._known[name]
        raise no_such(
            "The server no longer has this data set in memory", ascii(name)[1:-1][:50], "Read it again"
        )

    def document(self, found: DataSet) -> DataSetDocument:
        """Counts of every set, what is left out, and why others cannot be read."""
        return DataSetDocument(
            id=found.id,
            data=data_to_dict(found.data),
            classes=list(found.sets.classes),
            sets={split: self._set(listing) for split, listing in found.sets.listings.items()},
            errors={split: Fault.of(error.to_dict()) for split, error in found.sets.errors.items()},
            findings=list(found.sets.findings),
        )

    def _set(self, listing: ImageListing) -> SetCounts:
        return SetCounts(
            folder=self._root.shown(listing.root.resolve()),
            images=len(listing),
            classes=listing.counts(),
            skipped=[SkippedFile(**item._asdict()) for item in listing.skipped[:_SKIPPED_TOLD]],
            skipped_count=len(listing.skipped),
        )

    def page(self, found: DataSet, split: Split, name: str | None, offset: int, limit: int) -> ImagePage:
        """Some images of a set, of one class where `name` is given."""
        listing = found.listing(split)
        if name is None:
            rows = np.arange(len(listing))
        elif name in listing.classes:
            rows = np.flatnonzero(listing.labels == listing.classes.index(name))
        else:
            raise Refusal(404, "There is no such class", received=ascii(name)[1:-1][:100])
        # Images in arrays are addressed through their file.
        before = listing.root.parent if is_arrays(listing.root) else listing.root
        folder = self._root.shown(before.resolve())
        items = [
            ImageRow(
                row=row,
                path=listing.paths[row],
                image=f"{folder}/{listing.paths[row]}" if folder else listing.paths[row],
                class_=listing.classes[listing.labels[row]],
            )
            for row in rows[offset : offset + limit].tolist()
        ]
        return ImagePage(total=len(rows), offset=offset, images=items)

    def whole(self, found: DataSet, split: Split) -> Listing:
        """Every image of a set at once, for clients that page through it themselves."""
        listing = found.listing(split)
        return Listing(
            root=str(listing.root.resolve()),
            classes=list(listing.classes),
            paths=list(listing.paths),
            labels=listing.labels.tolist(),
            skipped=[SkippedFile(**item._asdict()) for item in listing.skipped],
            groups=None if listing.groups is None else list(listing.groups),
            notes=list(listing.notes),
        )
