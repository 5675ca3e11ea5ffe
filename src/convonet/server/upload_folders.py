"""Folders for images that clients bring along: made side by side, and removed when there are too many."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_PREFIX = "upload-"
_KEPT = 1000
_KEPT_BYTES = 2 * 2**30


class _Kept(NamedTuple):
    made: float
    path: Path
    size: int


class UploadFolders:
    """The folders of one server, below one parent.

    Args:
        parent: made when it is needed.
    """

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._lock = threading.Lock()
        # Oldest first. Read from the disk only once: to look at a thousand folders after each upload takes longer
        # than the upload, and other requests wait for it.
        self._kept: deque[_Kept] | None = None

    @contextmanager
    def new(self) -> Iterator[Path]:
        """A new folder, which nobody removes while it is written; then the oldest beyond the bounds go."""
        self._parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            if self._kept is None:
                # The age is the first field.
                self._kept = deque(sorted(filter(None, map(_look, self._parent.glob(f"{_PREFIX}*")))))
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))
        try:
            yield folder
        finally:
            with self._lock:
                beyond = _beyond(self._kept, _look(folder))
            for path in beyond:
                shutil.rmtree(path, ignore_errors=True)


def _beyond(kept: deque[_Kept], newest: _Kept | None) -> list[Path]:
    """Add the newest folder, and take away the oldest until number and bytes are within bounds."""
    if newest is not None:
        kept.append(newest)
    size, beyond = sum(one.size for one in kept), []
    while len(kept) > 1 and (len(kept) > _KEPT or size > _KEPT_BYTES):
        oldest = kept.popleft()
        size -= oldest.size
        beyond.append(oldest.path)
    return beyond


def _look(folder: Path) -> _Kept | None:
    """Age and bytes of a folder; None where it is gone."""
    try:
        sizes = [file.stat().st_size for file in folder.iterdir()]
        return _Kept(folder.stat().st_mtime, folder, sum(sizes))
    except OSError:
        return None
