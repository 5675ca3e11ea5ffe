"""Where the rows of a prepared set come from: a file, an array, or an older entry of the cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from convonet.data.arrays import address_of, is_arrays, load_array
from convonet.data.cache import ImageCache
from convonet.data.cache_entry import Stored
from convonet.data.decode import check_size, decode, read_bytes
from convonet.data.listing import ImageListing
from convonet.data.pixels import Pixels, fitted, flat
from convonet.data.pool import Meter
from convonet.errors import DataError
from convonet.events import Watch
from convonet.params.data_params import PixelParams

_NONE: Pixels = np.empty(0, np.uint8)


class DecodedRow(NamedTuple):
    """One decoded image."""

    pixels: Pixels
    hash: bytes
    height: int
    width: int


def content_hash(content: bytes) -> bytes:
    """What names the content of a file: 16 bytes (BLAKE2b)."""
    return hashlib.blake2b(content, digest_size=16).digest()


def row_reader(listing: ImageListing, pixels: PixelParams) -> Callable[[int], DecodedRow | str]:
    """A function that gives a row's image, or the reason why there is none."""
    if is_arrays(listing.root):
        return _array_reader(listing, pixels)
    start = os.path.join(listing.root, "")

    def read(row: int) -> DecodedRow | str:
        try:
            content = read_bytes(os.path.join(start, listing.paths[row]))
            decoded = decode(content, pixels)
        except DataError as error:
            return error.what
        return DecodedRow(decoded.pixels, content_hash(content), decoded.height, decoded.width)

    return read


def _array_reader(listing: ImageListing, pixels: PixelParams) -> Callable[[int], DecodedRow | str]:
    """Rows of an array in an .npz file."""
    addresses = [address_of(path) for path in listing.paths]
    arrays = {name: load_array(listing.root, name) for name in {name for name, _ in addresses}}

    def read(row: int) -> DecodedRow | str:
        name, index = addresses[row]
        array = arrays[name][index]
        try:
            check_size(*array.shape[:2])
        except DataError as error:
            return error.what
        # Pillow knows grey images only without the axis of channels.
        array = np.ascontiguousarray(array[..., 0] if array.shape[2:] == (1,) else array)
        image = fitted(flat(Image.fromarray(array), pixels.alpha), pixels)
        return DecodedRow(image, content_hash(array.tobytes()), *array.shape[:2])

    return read


def known_rows(
    listing: ImageListing, cache: ImageCache, key: str, with_pixels: bool
) -> dict[int, DecodedRow | str]:
    """Rows whose file stands unchanged in an older entry, one with pixels where they are wanted."""
    known: dict[int, DecodedRow | str] = {}
    state = {
        path: stats for path, stats in zip(listing.paths, map(tuple, listing.stats.tolist()), strict=True)
    }
    row_of = {path: row for row, path in enumerate(listing.paths)}
    for stored, paths, stats in cache.relatives(key):
        if with_pixels and stored.images is None:
            continue
        position = np.full(len(paths), -1, np.int64)
        position[stored.good] = np.arange(len(stored.good))
        for old, (path, stat) in enumerate(zip(paths, map(tuple, stats.tolist()), strict=True)):
            # The first entry that knows a file is enough.
            if state.get(path) != stat or row_of[path] in known:
                continue
            known[row_of[path]] = stored.bad[old] if old in stored.bad else _row(stored, int(position[old]))
    return known


def _row(stored: Stored, index: int) -> DecodedRow:
    height, width = stored.sizes[index].tolist()
    pixels = _NONE if stored.images is None else stored.images[index]
    return DecodedRow(pixels, stored.hashes[index].tobytes(), height, width)


def is_as_stored(listing: ImageListing, stored: Stored, watch: Watch) -> bool:
    """Whether every file still has the content that it had when it was decoded."""
    if is_arrays(listing.root):
        names = {address_of(path)[0] for path in listing.paths}
        arrays = {name: load_array(listing.root, name) for name in names}
    start, meter = os.path.join(listing.root, ""), Meter(watch, "prepare", len(listing))
    for done, (row, known) in enumerate(zip(stored.good.tolist(), stored.hashes, strict=True), start=1):
        # Asking whether to stop reads the file system, which takes too long for each small image.
        if done % 64 == 0:
            watch.check()
            meter.tell(done)
        if is_arrays(listing.root):
            name, index = address_of(listing.paths[row])
            content = np.ascontiguousarray(arrays[name][index]).tobytes()
        else:
            try:
                content = read_bytes(start + listing.paths[row])
            except DataError:
                return False
        # One difference is enough: the set is decoded anew as a whole.
        if content_hash(content) != known.tobytes():
            return False
    return True
