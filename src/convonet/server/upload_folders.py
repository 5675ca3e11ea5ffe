"""Folders for images that clients bring along: made side by side, and removed when there are too many."""

from __future__ import annotations

import shutil
import tempfile
import threading
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
        self._writing: set[Path] = set()

    @contextmanager
    def new(self) -> Iterator[Path]:
        """A new folder, which nobody removes while it is written; then the oldest beyond the bounds go."""
        self._parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))
            self._writing.add(folder)
        try:
            yield folder
        finally:
            with self._lock:
                self._writing.discard(folder)
                self._sweep(folder)

    def _sweep(self, newest: Path) -> None:
        """Remove the oldest folders until number and bytes are within bounds."""
        # The oldest come first: the age is the first field.
        kept = sorted(filter(None, map(_look, self._parent.glob(f"{_PREFIX}*"))))
        count, size = len(kept), sum(one.size for one in kept)
        for one in kept:
            if count <= _KEPT and size <= _KEPT_BYTES:
                return
            if one.path != newest and one.path not in self._writing:
                shutil.rmtree(one.path, ignore_errors=True)
                count, size = count - 1, size - one.size


def _look(folder: Path) -> _Kept | None:
    """Age and bytes of a folder; None where it is gone."""
    try:
        sizes = [file.stat().st_size for file in folder.iterdir()]
        return _Kept(folder.stat().st_mtime, folder, sum(sizes))
    except OSError:
        return None
