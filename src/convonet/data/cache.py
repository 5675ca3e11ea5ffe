"""Decoded images kept between runs: one folder an entry, never changed once it is there, oldest use first out.

An entry is made in a folder beside its place and renamed, under a lock, so that two processes that want the same
images do the work once and neither sees half of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import filelock

from convonet.atomic import storage_error, write_text
from convonet.data.cache_entry import (
    CACHE_VERSION,
    RECORD,
    TORN,
    EntryWriter,
    Relative,
    Stored,
    files_of,
    open_entry,
)
from convonet.data.decode import DECODER_VERSION
from convonet.data.listing import ImageListing
from convonet.errors import Cancelled, InputError
from convonet.events import StageStarted, Watch
from convonet.home import home
from convonet.params.data_params import PixelParams

BYTES_VARIABLE = "CONVONET_CACHE_BYTES"
LIMIT_VARIABLE = "CONVONET_PREPARED_LIMIT"
DEFAULT_BYTES = 20 * 10**9
_FREE_PART = 5

_POLL_SECONDS = 0.1
_ROWS_ONLY = "-rows"
_PATHS_AT_ONCE = 10_000
_WORTH_KEEPING = 2_000
"""Rows of an unfinished entry."""


class CacheEntry(NamedTuple):
    """One prepared set on disk. `last_used` is in seconds since 1970."""

    key: str
    root: str
    images: int
    bytes: int
    last_used: float

    @property
    def used(self) -> str:
        """The time of the last use, in UTC."""
        return datetime.fromtimestamp(self.last_used, UTC).isoformat(timespec="seconds")

    def to_dict(self) -> dict[str, str | int]:
        """As JSON."""
        values: dict[str, str | int] = {"key": self.key, "root": self.root, "images": self.images}
        return values | {"bytes": self.bytes, "used": self.used}


def key_of(listing: ImageListing, pixels: PixelParams) -> str:
    """Names an entry: the place and pixel parameters first, then every file's path and what identifies it."""
    family = _digest(
        f"{CACHE_VERSION}.{DECODER_VERSION}|{tuple(pixels)}|{os.path.abspath(listing.root)}".encode()
    )
    return f"{family}-{files_key(listing)}"


def files_key(listing: ImageListing) -> str:
    """Names the state of all files of a listing."""
    return _digest(os.path.abspath(listing.root).encode(), *_joined(listing.paths), listing.stats.tobytes())


def _joined(paths: Sequence[str]) -> list[bytes]:
    """All paths with zeros between them, in pieces: to join half a million at once would hold up every other thread."""
    starts = range(0, len(paths), _PATHS_AT_ONCE)
    return [
        ("\0" * (start > 0) + "\0".join(paths[start : start + _PATHS_AT_ONCE])).encode() for start in starts
    ]


def _digest(*parts: bytes) -> str:
    whole = hashlib.blake2b(digest_size=12)
    for part in parts:
        # With its length, so that no two lists of parts join to the same bytes.
        whole.update(len(part).to_bytes(8, "little"))
        whole.update(part)
    return whole.hexdigest()


class ImageCache:
    """The entries below one folder.

    Args:
        folder: default `cache/images` in the per-user folder.
        max_bytes: what all entries may take; default `CONVONET_CACHE_BYTES`, else 20 GB.
        prepared_bytes: a set whose pixels take more is decoded on the fly; default `CONVONET_PREPARED_LIMIT` (GB),
            else a fifth of the free disk.
    """

    def __init__(
        self, folder: Path | None = None, max_bytes: int | None = None, prepared_bytes: int | None = None
    ) -> None:
        self.folder = folder or home() / "cache" / "images"
        self.max_bytes = _bytes_of(BYTES_VARIABLE, 1, DEFAULT_BYTES) if max_bytes is None else max_bytes
        self._prepared_bytes = prepared_bytes

    def keeps(self, pixel_bytes: int) -> bool:
        """Whether prepared pixels of this size are kept on the disk.

        Raises:
            InputError: `CONVONET_PREPARED_LIMIT` is not a number.
        """
        if self._prepared_bytes is not None:
            return pixel_bytes <= self._prepared_bytes
        existing = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        free = shutil.disk_usage(existing).free
        return pixel_bytes <= _bytes_of(LIMIT_VARIABLE, 10**9, free // _FREE_PART)

    def show(self) -> list[CacheEntry]:
        """All entries, the one used last first."""
        found = []
        for record in self.folder.glob(f"*/{RECORD}"):
            with suppress(*TORN):
                value = json.loads(record.read_text(encoding="utf-8"))
                # Not the access time, which many systems do not keep.
                used = record.stat().st_mtime
                found.append(
                    CacheEntry(record.parent.name, value["root"], value["shape"][0], value["bytes"], used)
                )
        return sorted(found, key=lambda entry: -entry.last_used)

    def clean(self, *, keep_bytes: int | None = None) -> int:
        """Remove entries, oldest use first, and what crashed processes left.

        Args:
            keep_bytes: what the entries that stay may take; None removes all.

        Returns:
            Bytes of the entries removed.
        """
        freed = self._trim(keep_bytes or 0)
        for part in self.folder.glob("*.part"):
            # A part whose lock is held belongs to a process that is still writing it.
            lock = filelock.FileLock(self._lock_file(part.stem.removesuffix(_ROWS_ONLY)))
            with suppress(filelock.Timeout), lock.acquire(timeout=0):
                shutil.rmtree(part, ignore_errors=True)
        for gone in self.folder.glob("*.gone"):
            shutil.rmtree(gone, ignore_errors=True)
        if not keep_bytes:
            shutil.rmtree(self.folder / "channels", ignore_errors=True)
        return freed

    def _trim(self, bound: int, keep: str = "") -> int:
        taken = freed = 0
        # The one used last comes first, so what goes is what nobody has asked for the longest.
        for entry in self.show():
            taken += entry.bytes
            # The entry that was just made stays even if it is larger than the bound: somebody is about to
            # use it.
            if taken > bound and entry.key != keep:
                self.discard(entry.key)
                taken -= entry.bytes
                freed += entry.bytes
        return freed

    def discard(self, key: str) -> None:
        """Take an entry away in one step; whoever has mapped it keeps the pixels, where the system allows it."""
        gone = self.folder / f"{key}.gone"
        with suppress(OSError):
            shutil.rmtree(gone, ignore_errors=True)
            # Renamed first: a reader finds the whole entry or none, never one that is half removed.
            (self.folder / key).rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def find(self, key: str) -> Stored | None:
        """The entry of that key, mapped; None where there is none or it is damaged."""
        folder = self.folder / key
        try:
            stored = open_entry(folder)
        except TORN:
            return None
        with suppress(OSError):
            # Marks the use, for the order in which entries are removed; a read-only cache still serves.
            os.utime(folder / RECORD)
        return stored

    def relatives(self, key: str) -> Iterator[Relative]:
        """Entries of the same place and pixel parameters, in which some files may be the same."""
        # Same folder and same pixels, other files: what a folder was before some images came or went.
        family = key.partition("-")[0]
        for folder in sorted(self.folder.glob(f"{family}-*")):
            if folder.suffix:  # an entry that is being made or removed
                continue
            try:
                relative = Relative(open_entry(folder), *files_of(folder))
            except TORN:
                continue
            yield relative

    @contextmanager
    def locked(self, key: str, watch: Watch) -> Iterator[None]:
        """Hold the lock of an entry; waits for another process that makes it, and may be cancelled meanwhile."""
        lock_file = self._lock_file(key)
        try:
            lock_file.parent.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(lock_file)
            reported = False
            while True:
                try:
                    # In short turns, so that the person can stop the waiting.
                    lock.acquire(timeout=_POLL_SECONDS)
                    break
                except filelock.Timeout:
                    watch.check()
                    if not reported:
                        title = "Waiting for another process that is preparing the same images"
                        watch.tell(StageStarted(stage="prepare", title=title))
                        reported = True
        except OSError as error:
            raise storage_error(error, self.folder / "The image cache") from error
        try:
            yield
        finally:
            lock.release()

    def _lock_file(self, key: str) -> Path:
        return self.folder / "locks" / f"{key}.lock"

    @contextmanager
    def new_entry(self, key: str, pixels: PixelParams, *, keep_pixels: bool = True) -> Iterator[EntryWriter]:
        """A writer for an entry whose lock is held; the entry is there when the block ends well.

        What a killed or cancelled process had written stays for the next one, if it was much.

        Raises:
            OutputError: the cache cannot be written to.
            StorageError: the disk is full; nothing of the entry is left.
        """
        part = self.folder / f"{key}{'' if keep_pixels else _ROWS_ONLY}.part"
        kept = False
        try:
            part.mkdir(parents=True, exist_ok=True)
            with EntryWriter(part, pixels, keep_pixels=keep_pixels) as writer:
                try:
                    yield writer
                except Cancelled:
                    kept = writer.done >= _WORTH_KEEPING
                    raise
            self.discard(key)
            part.rename(self.folder / key)
            self._trim(self.max_bytes, keep=key)
        except OSError as error:
            raise storage_error(error, self.folder / "The prepared images") from error
        finally:
            if not kept:
                shutil.rmtree(part, ignore_errors=True)

    def channels(self, key: str) -> int | None:
        """1 or 3 where `remember_channels` has noted it for these files."""
        try:
            # Whatever is wrong with the note, the headers can be read again.
            return int((self.folder / "channels" / key).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def remember_channels(self, key: str, channels: int) -> None:
        """Note what the headers of these files say, so that they need not be read again."""
        write_text(self.folder / "channels" / key, str(channels))


def _bytes_of(variable: str, unit: int, default: int) -> int:
    given = os.environ.get(variable)
    if not given:
        return default
    try:
        # Also `2e10`, as people write sizes.
        return int(float(given) * unit)
    except (ValueError, OverflowError) as error:
        what, example = ("bytes", 20 * 10**9) if unit == 1 else ("gigabytes", 20)
        raise InputError(
            f"{variable} is not a number of {what}", expected=f"a number such as {example}", received=given
        ) from error
