"""One entry of the image cache on disk: how its files are written, and how they are read back.

The pixels are plain bytes that are mapped; `rows.npy` says what each row is of, `files.npz` what the files were,
and the record, written last, makes it whole. An entry without pixels says which files can be decoded, for sets whose
pixels would fill the disk.

While an entry is made, `progress.u8` says which rows are done, so that a process that was killed goes on there.
"""

from __future__ import annotations

import json
import os
import struct
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, NotRequired, TypedDict

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
_PROGRESS, _REASONS = "progress.u8", "reasons.jsonl"
_PACKED = struct.Struct("<qqq16s")
"""One `_ROW`."""
_UNREADABLE = -1
_SYNC_SECONDS = 2.0
_ROW = np.dtype([("row", "<i8"), ("size", "<i8", 2), ("hash", "u1", 16)])


class _Record(TypedDict):
    """`entry.json`: that an entry is whole, and what is in it.

    Attributes:
        shape: of the pixels, (images, height, width, channels).
        bytes: of the file of pixels; 0 without one.
        pixels: whether the entry holds pixels; absent in older entries, which all do.
        bad: row of the listing → why the image cannot be decoded.
        made: seconds since 1970.
    """

    version: int
    root: str
    shape: list[int]
    bytes: int
    pixels: NotRequired[bool]
    bad: dict[str, str]
    made: float


class Stored(NamedTuple):
    """What an entry holds; G images of N files could be decoded.

    Attributes:
        images: (G, H, W, C) uint8, mapped, read-only; None where the entry holds no pixels.
        good: (G,) rows of the listing that they are.
        hashes: (G, 16) uint8.
        sizes: (G, 2) int64, height and width of the files' own images.
        bad: row → reason.
    """

    images: npt.NDArray[np.uint8] | None
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
    """Fills the folder of an entry, image by image; `finish` makes it whole.

    Goes on where another writer of the same entry was killed: the first `done` rows are there already.

    Args:
        folder: of the entry; the files of an unfinished one may lie in it.
        pixels: their shape.
        keep_pixels: whether the pixels are written at all.
    """

    def __init__(self, folder: Path, pixels: PixelParams, *, keep_pixels: bool = True) -> None:
        self._folder, self._shape, self._keep = folder, pixels.shape, keep_pixels
        self._rows, self._bad = _progress_of(folder, int(np.prod(pixels.shape)) if keep_pixels else 0)
        # Mapped pages that find no room end the process; a write that finds none is an error one can report.
        self._pixels = (folder / _PIXELS).open("ab")
        self._pixels.truncate(self._count_good() * int(np.prod(pixels.shape)) if keep_pixels else 0)
        (folder / _PROGRESS).write_bytes(self._rows)
        self._progress = (folder / _PROGRESS).open("ab")
        self._reasons = (folder / _REASONS).open("a", encoding="utf-8")
        self._synced_at, self._unsaved = time.monotonic(), len(self._rows)

    def __enter__(self) -> EntryWriter:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._pixels, self._progress, self._reasons):
            file.close()

    @property
    def done(self) -> int:
        """Rows of the listing that are written, from the first on."""
        return len(self._rows) // _ROW.itemsize

    def write(self, image: npt.NDArray[np.uint8], content: bytes, size: tuple[int, int]) -> None:
        """Add the next row of the listing: its pixels, the hash of its file, and its height and width before."""
        if self._keep:
            self._pixels.write(image.tobytes())
        self._rows += _PACKED.pack(self.done, *size, content)

    def skip(self, reason: str) -> None:
        """Add the next row of the listing, which cannot be decoded."""
        self._bad[self.done] = reason
        self._reasons.write(json.dumps([self.done, reason]) + "\n")
        self._rows += _PACKED.pack(_UNREADABLE, 0, 0, b"")

    def save(self) -> None:
        """Make what is written so far safe, at most every few seconds."""
        if time.monotonic() - self._synced_at < _SYNC_SECONDS:
            return
        # The rows count only once their pixels are on the disk, also when the machine loses its power.
        for file in (self._pixels, self._reasons):
            file.flush()
            os.fsync(file.fileno())
        self._progress.write(self._rows[self._unsaved :])
        self._progress.flush()
        self._unsaved, self._synced_at = len(self._rows), time.monotonic()

    def finish(self, listing: ImageListing) -> None:
        """Write what the rows are of and, last, the record."""
        self._pixels.flush()
        # Before the record is written: after a power cut a record must not stand beside pixels that never
        # reached the disk.
        os.fsync(self._pixels.fileno())
        rows = np.frombuffer(self._rows, _ROW)
        rows = rows[rows["row"] != _UNREADABLE]
        paths = np.frombuffer("\0".join(listing.paths).encode(), np.uint8)
        with self._synced(_ROWS) as file:
            np.save(file, rows)
        with self._synced(_FILES) as file:
            np.savez(file, paths=paths, stats=listing.stats)
        record: _Record = {
            "version": CACHE_VERSION,
            "root": str(listing.root),
            "shape": [len(rows), *self._shape],
            "bytes": len(rows) * int(np.prod(self._shape)) if self._keep else 0,
            "pixels": self._keep,
            "bad": {str(row): reason for row, reason in self._bad.items()},
            "made": time.time(),
        }
        write_text(self._folder / RECORD, json.dumps(record, ensure_ascii=False))
        for name in (_PROGRESS, _REASONS):
            (self._folder / name).unlink()

    def _count_good(self) -> int:
        return self.done - len(self._bad)

    @contextmanager
    def _synced(self, name: str) -> Iterator[BinaryIO]:
        with (self._folder / name).open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())


def open_entry(folder: Path) -> Stored:
    """Map an entry; one of `TORN` when anything in it is not as it was written."""
    record: _Record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    shape = tuple(record["shape"])
    # Mapped memory behind the end of a file ends the process when it is read, so the size is checked first.
    has_pixels = record.get("pixels", True)
    expected = int(np.prod(shape)) if has_pixels else 0
    if not (folder / _PIXELS).stat().st_size == expected == record["bytes"]:
        raise ValueError("pixels are missing")
    # numpy leaves a file open that it has opened itself and cannot read.
    with (folder / _ROWS).open("rb") as file:
        rows = np.load(file, allow_pickle=False)
    if rows.shape != shape[:1] or rows.dtype != _ROW:
        raise ValueError("the rows belong to other images")
    bad = {int(row): reason for row, reason in record["bad"].items()}
    good, hashes, sizes = (np.ascontiguousarray(rows[name]) for name in ("row", "hash", "size"))
    return Stored(_mapped(folder / _PIXELS, shape) if has_pixels else None, good, hashes, sizes, bad)


def _progress_of(folder: Path, image_bytes: int) -> tuple[bytearray, dict[int, str]]:
    """The rows that an unfinished entry holds for certain, and why some of them cannot be decoded."""
    try:
        content = (folder / _PROGRESS).read_bytes()
        rows = np.frombuffer(content[: len(content) // _ROW.itemsize * _ROW.itemsize], _ROW)
        lines = (folder / _REASONS).read_text(encoding="utf-8").splitlines()
        reasons = {int(row): str(reason) for row, reason in map(json.loads, lines)}
        written = (folder / _PIXELS).stat().st_size
    except TORN:
        return bytearray(), {}
    good = rows["row"] != _UNREADABLE
    held = np.cumsum(good) * image_bytes <= written
    held &= np.array([bool(fine) or row in reasons for row, fine in enumerate(good.tolist())], np.bool_)
    count = len(rows) if held.all() else int(np.argmin(held))
    return bytearray(rows[:count].tobytes()), {row: reason for row, reason in reasons.items() if row < count}


def files_of(folder: Path) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Paths of all N files of an entry, and (N, 4) what identified them; one of `TORN` when it is damaged."""
    with (folder / _FILES).open("rb") as file, np.load(file, allow_pickle=False) as files:
        return files["paths"].tobytes().decode().split("\0"), files["stats"]


def _mapped(file: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """An empty file cannot be mapped."""
    return np.memmap(file, np.uint8, "r", shape=shape) if shape[0] else np.empty(shape, np.uint8)
