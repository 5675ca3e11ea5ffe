"""Every image decoded once, into memory-mapped rows that training, tuning and testing share."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt

from convonet.data.cache import ImageCache, key_of
from convonet.data.cache_entry import EntryWriter, Stored
from convonet.data.channels import find_channels
from convonet.data.decoded_images import DecodedImages
from convonet.data.listing import ImageListing, Rows, Skipped
from convonet.data.pixels import Pixels
from convonet.data.pool import Meter, decoding_workers, in_order
from convonet.data.row_sources import DecodedRow, is_as_stored, known_rows, row_reader
from convonet.documents.evaluation import SPLIT_TITLES
from convonet.errors import DataError
from convonet.events import DataPrepared, Watch
from convonet.params.data_params import PixelParams
from convonet.text import alternatives

__all__ = ["PreparedSet", "find_channels", "prepare"]

# Small chunks end a stop soon; larger ones cost fewer switches between threads.
_CHUNK_IMAGES = 64
_CHUNK_BYTES = 2**22


@dataclass(frozen=True)
class PreparedSet:
    """The images of one set that could be decoded.

    Attributes:
        listing: only these images; its `skipped` holds what the scan and the decoder left out.
        images: (N, H, W, C) uint8, mapped and read-only, or decoded when asked for; row i is `listing.paths[i]`.
        hashes: (N, 16) uint8, the content of each file (BLAKE2b).
        sizes: (N, 2) int64, height and width of each image before it was fitted.
        cached: nothing had to be decoded.
        seconds: what preparing took.
    """

    listing: ImageListing
    images: Pixels
    hashes: Pixels
    sizes: npt.NDArray[np.int64]
    cached: bool
    seconds: float

    @property
    def labels(self) -> Rows:
        """(N,) int64, index in `classes`."""
        return self.listing.labels

    @property
    def paths(self) -> tuple[str, ...]:
        """Relative to the set's root."""
        return self.listing.paths

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names; the index is the label."""
        return self.listing.classes

    def __len__(self) -> int:
        return len(self.listing)

    def select(self, rows: Rows) -> PreparedSet:
        """Some rows, such as a held-out share; mapped pixels are copied out of the map."""
        listing, images = self.listing.select(rows), self.images
        chosen = cast(Pixels, images.view(rows)) if isinstance(images, DecodedImages) else images[rows]
        return replace(self, listing=listing, images=chosen, hashes=self.hashes[rows], sizes=self.sizes[rows])

    def fingerprint(self) -> str:
        """SHA-256 over path, class name and content of every image, in order."""
        whole = hashlib.sha256()
        names = [name.encode() for name in self.classes]
        content = self.hashes.tobytes()
        for row, (path, label) in enumerate(zip(self.paths, self.labels.tolist(), strict=True)):
            # Neither paths nor class names can hold a zero byte, so the parts cannot run into each other.
            whole.update(b"%b\0%b\0%b" % (path.encode(), names[label], content[16 * row : 16 * row + 16]))
        return whole.hexdigest()


def prepare(
    listing: ImageListing,
    pixels: PixelParams,
    *,
    name: str = "train",
    cache: ImageCache | None = None,
    every_class: bool = True,
    by_content: bool = False,
    watch: Watch | None = None,
) -> PreparedSet:
    """Decode the images of a listing, or map what an earlier run decoded. Tells `DataPrepared`.

    A set whose pixels would take more disk than the cache allows is decoded once to see which files can be, and again
    whenever its images are asked for.

    Rows of files that have not changed are taken from an older entry of the cache: those of which size, times and
    number are the same, or the content.

    Args:
        name: the set's name in events and errors.
        cache: default the per-user one.
        every_class: refuse a set in which all images of a class turn out unreadable.
        by_content: read every file and compare it with what the cache holds, whatever the file system says of it.

    Raises:
        DataError: no image, or none of a class, could be decoded.
        OutputError: the cache cannot be written to.
        StorageError: the disk is full.
        Cancelled: nothing of the entry is left.
    """
    started = time.perf_counter()
    watch = watch or Watch()
    cache = cache or ImageCache()
    # A mapped file of no bytes cannot be made.
    if not len(listing):
        raise DataError(f"There are no images in the {SPLIT_TITLES.get(name, name)} set", where=listing.root)
    key = key_of(listing, pixels)
    # Decided before any decoding: half a set on a full disk would help nobody.
    keep_pixels = cache.keeps(len(listing) * int(np.prod(pixels.shape)))
    stored = _found(cache, key, keep_pixels)
    # Size and times can stay while the content changes; a resumed run must not rest on them.
    if stored is not None and by_content and not is_as_stored(listing, stored, watch):
        cache.discard(key)
        stored = None
    cached = stored is not None
    if stored is None:
        stored, cached = _made_once(
            listing, pixels, key, cache, watch, trusting=not by_content, keep_pixels=keep_pixels
        )
    prepared = _prepared(listing, stored, pixels, cached, started)
    _check_classes(listing, prepared, name, every_class)
    left_out = len(prepared.listing.skipped)
    watch.tell(
        DataPrepared(
            set=name, images=len(prepared), skipped=left_out, cached=cached, seconds=prepared.seconds
        )
    )
    return prepared


def _found(cache: ImageCache, key: str, keep_pixels: bool) -> Stored | None:
    """The entry of that key; one without pixels does not count where there is room for them."""
    stored = cache.find(key)
    return None if stored is not None and stored.images is None and keep_pixels else stored


def _made_once(
    listing: ImageListing,
    pixels: PixelParams,
    key: str,
    cache: ImageCache,
    watch: Watch,
    *,
    trusting: bool,
    keep_pixels: bool,
) -> tuple[Stored, bool]:
    """The entry, and whether another process made it while this one waited."""
    # Two runs on one set that start together decode it once; the second waits.
    with cache.locked(key, watch):
        stored = _found(cache, key, keep_pixels)
        if stored is not None:
            return stored, True
        with cache.new_entry(key, pixels, keep_pixels=keep_pixels) as entry:
            known = known_rows(listing, cache, key, keep_pixels) if trusting else {}
            _fill(entry, listing, pixels, known, watch)
        stored = cache.find(key)
    if stored is None:
        raise DataError(
            "The prepared images are no longer in the cache", where=cache.folder, hint="Try again"
        )
    return stored, False


def _prepared(
    listing: ImageListing, stored: Stored, pixels: PixelParams, cached: bool, started: float
) -> PreparedSet:
    # Where pixels did not fit on the disk, hashes and sizes are kept all the same.
    images = _decoded(listing, stored, pixels) if stored.images is None else stored.images
    if stored.bad:
        # The reasons come from the entry, so a start from the cache reports the same skipped files.
        bad = [Skipped(listing.paths[row], reason) for row, reason in stored.bad.items()]
        listing = listing.select(stored.good).changed(skipped=(*listing.skipped, *bad))
    seconds = time.perf_counter() - started
    return PreparedSet(listing, images, stored.hashes, stored.sizes, cached, seconds)


def _check_classes(before: ImageListing, prepared: PreparedSet, name: str, every_class: bool) -> None:
    after = prepared.listing.counts()
    lost = [label for label, count in before.counts().items() if count and not after[label]]
    # A class that lost all its images would still have an output that nothing ever trains.
    if not lost or (len(prepared) and not every_class):
        return
    first = next(item for item in prepared.listing.skipped if item not in before.skipped)
    of_class = f" of class {alternatives(lost[:6])}" if len(prepared) else ""
    raise DataError(
        f"No image{of_class} in the {SPLIT_TITLES.get(name, name)} set could be read",
        where=before.root,
        reason=f"{first.path}: {first.reason}",
        hint="Repair these images or remove the folder",
    )


def _decoded(listing: ImageListing, stored: Stored, pixels: PixelParams) -> Pixels:
    """The images of an entry without pixels, each decoded when it is asked for."""
    read, rows = row_reader(listing, pixels), stored.good

    def image(index: int) -> Pixels:
        made = read(int(rows[index]))
        if isinstance(made, str) or made.hash != stored.hashes[index].tobytes():
            raise DataError(
                "An image changed while it was in use",
                where=os.path.join(listing.root, listing.paths[int(rows[index])]),
                received=made if isinstance(made, str) else "different content",
                hint="Start again to reload the set",
            )
        return made.pixels

    workers = decoding_workers(float(listing.stats[:, 0].mean()))
    # All that is done with the pixels of a set is what can be done with these: their shape, and indexing by rows.
    return cast(Pixels, DecodedImages(image, len(rows), pixels.shape, workers))


def _fill(
    entry: EntryWriter,
    listing: ImageListing,
    pixels: PixelParams,
    known: Mapping[int, DecodedRow | str],
    watch: Watch,
) -> None:
    """Decode what no older entry holds and write a new entry.

    Args:
        entry: what a killed process has written of it is not decoded again.
        known: rows that need not be decoded.
    """
    read = row_reader(listing, pixels)

    def made(rows: range) -> list[DecodedRow | str]:
        return [known[row] if row in known else read(row) for row in rows]

    meter = Meter(watch, "prepare", len(listing))
    # By the mean file size: threads gain nothing where most of the time is spent in Python.
    workers = decoding_workers(listing.stats[:, 0].mean())
    # Decoded by many threads, written in order: row i is path i.
    for results in in_order(made, list(_chunks(listing, pixels, entry.done)), workers, watch):
        for result in results:
            if isinstance(result, str):
                entry.skip(result)
            else:
                entry.write(result.pixels, result.hash, (result.height, result.width))
        # After each chunk: a kill costs the images of one chunk.
        entry.save()
        meter.tell(entry.done)
    entry.finish(listing)


def _chunks(listing: ImageListing, pixels: PixelParams, first: int = 0) -> Iterator[range]:
    """Rows from `first` on, in parts for one thread: few enough to be cancelled between them and to fit into memory."""
    most = max(1, min(_CHUNK_IMAGES, 2 * _CHUNK_BYTES // int(np.prod(pixels.shape))))
    start, taken = first, 0
    for row, size in enumerate(listing.stats[first:, 0].tolist(), start=first):
        if row > start and (row - start >= most or taken + size > _CHUNK_BYTES):
            yield range(start, row)
            start, taken = row, 0
        taken += size
    if start < len(listing):
        yield range(start, len(listing))
