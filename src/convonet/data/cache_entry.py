"""One entry of the image cache on disk: how its files are written, and how they are read back.

The pixels are plain bytes that are mapped; `rows.npy` says what each row is of, `files.npz` what the files were,
and the record, written last, makes it whole.
"""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from convonet.atomic import write_text
from convonet.data.listing import ImageListing
from convonet.params.data_params import PixelParams

# Part of every key: an entry of another version is another entry, so none has to be migrated.
CACHE_VERSION = 2
RECORD = "entry.json"
TORN = (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile)
"""What reading an entry raises when it is not as it was written."""

_PIXELS, _ROWS, _FILES = "pixels.u8", "rows.npy", "files.npz"
_ROW = np.dtype([("row", "<i8"), ("size", "<i8", 2), ("hash", "u1", 16)])


class Stored(NamedTuple):
    """What an entry holds; G images of N files could be decoded.

    Attributes:
        images: (G, H, W, C) uint8, mapped, read-only.
        good: (G,) rows of the listing that they are.
        hashes: (G, 16) uint8.
        sizes: (G, 2) int64, height and width of the files' own images.
        bad: row → reason.
    """

    images: npt.NDArray[np.uint8]
    good: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint8]
    sizes: npt.NDArray[np.int64]
    bad: dict[int, str]


class Relative(NamedTuple):
    """An older entry, and what its N files were: paths, and (N, 4) what identified them."""

    stored: Stored
    paths: list[str]
    stats: npt.NDArray[np.int64]


class EntryWriter:
    """Fills the folder of a new entry, image by image; `finish` makes it whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Mapped pages that find no room end the process; a write that finds none is an error one can report.
        self._pixels = (folder / _PIXELS).open("wb")

    def __enter__(self) -> EntryWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._pixels.close()

    def write(self, image: npt.NDArray[np.uint8]) -> None:
        """Add one image's pixels."""
        self._pixels.write(image.tobytes())

    def finish(
        self,
        listing: ImageListing,
        pixels: PixelParams,
        hashes: list[bytes],
        sizes: list[tuple[int, int]],
        bad: dict[int, str],
    ) -> None:
        """Write what the rows are of and, last, the record."""
        self._pixels.flush()
        # Before the record is written: after a power cut a record must not stand beside pixels that never
        # reached the disk.
        os.fsync(self._pixels.fileno())
        rows = np.empty(len(hashes), _ROW)
        # What could not be decoded has no pixels: entries hold no gaps.
        rows["row"] = [row for row in range(len(listing)) if row not in bad]
        rows["size"] = np.array(sizes).reshape(-1, 2)
        rows["hash"] = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 16)
        paths = np.frombuffer("\0".join(listing.paths).encode(), np.uint8)
        with self._synced(_ROWS) as file:
            np.save(file, rows)
        with self._synced(_FILES) as file:
            np.savez(file, paths=paths, stats=listing.stats)
        record = {
            "version": CACHE_VERSION,
            "root": str(listing.root),
            "shape": [len(rows), *pixels.shape],
            "bytes": len(rows) * int(np.prod(pixels.shape)),
            "bad": {str(row): reason for row, reason in bad.items()},
            "made": time.time(),
        }
        write_text(self._folder / RECORD, json.dumps(record, ensure_ascii=False))

    @contextmanager
    def _synced(self, name: str) -> Iterator[BinaryIO]:
        with (self._folder / name).open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())


def open_entry(folder: Path) -> Stored:
    """Map an entry; one of `TORN` when anything in it is not as it was written."""
    record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    shape = tuple(record["shape"])
    # Mapped memory behind the end of a file ends the process when it is read.
    if (folder / _PIXELS).stat().st_size != record["bytes"] or int(np.prod(shape)) != record["bytes"]:
        raise ValueError("pixels are cut off")
    # numpy leaves a file open that it has opened itself and cannot read.
    with (folder / _ROWS).open("rb") as file:
        rows = np.load(file, allow_pickle=False)
    if rows.shape != shape[:1] or rows.dtype != _ROW:
        raise ValueError("the rows are of other images")
    bad = {int(row): reason for row, reason in record["bad"].items()}
    good, hashes, sizes = (np.ascontiguousarray(rows[name]) for name in ("row", "hash", "size"))
    return Stored(_mapped(folder / _PIXELS, shape), good, hashes, sizes, bad)


def files_of(folder: Path) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Paths of all N files of an entry, and (N, 4) what identified them; one of `TORN` when it is damaged."""
    with (folder / _FILES).open("rb") as file, np.load(file, allow_pickle=False) as files:
        return files["paths"].tobytes().decode().split("\0"), files["stats"]


def _mapped(file: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """An empty file cannot be mapped."""
    return np.memmap(file, np.uint8, "r", shape=shape) if shape[0] else np.empty(shape, np.uint8)
