"""Folders for the time of one call, in the system's temporary folder; those of processes that were killed are removed.

Whoever uses one holds the lock in it, so a lock that can be taken belongs to nobody who lives.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from convonet.locks import file_lock

if TYPE_CHECKING:
    from convonet.locks import FileLock


_PREFIX, _LOCK, _FILES = "convonet-", ".lock", "files"
_LEAVE_SECONDS = 600.0
"""Younger ones are left alone: their makers may not hold the lock yet."""


class Scratch:
    """An empty folder that goes with everything in it when it is closed.

    Attributes:
        path: the folder.

    Raises:
        OSError: the temporary folder cannot be written to.
    """

    def __init__(self) -> None:
        remove_abandoned()
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        self._lock = _lock_in(Path(self._folder.name))
        self._lock.acquire()
        self.path = Path(self._folder.name) / _FILES
        self.path.mkdir()

    def close(self) -> None:
        """Remove it; more than once does nothing."""
        # Some systems remove no file that is open.
        self._lock.release()
        self._folder.cleanup()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def remove_abandoned() -> int:
    """Remove the folders that killed processes of this person have left; how many there were."""
    old = time.time() - _LEAVE_SECONDS
    found = [path for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*") if _is_ours(path, old)]
    return sum(map(_removed, found))


def _is_ours(path: Path, old: float) -> bool:
    """Whether it is a folder of this person with a lock in it. Another person's may hold a link to anything."""
    try:
        info = path.lstat()
        ours = not hasattr(os, "getuid") or info.st_uid == os.getuid()
        return stat.S_ISDIR(info.st_mode) and ours and info.st_mtime < old and (path / _LOCK).is_file()
    except OSError:
        return False


def _removed(path: Path) -> bool:
    lock = _lock_in(path)
    try:
        lock.acquire(timeout=0)
    except OSError:
        return False
    lock.release()
    shutil.rmtree(path, ignore_errors=True)
    return True


def _lock_in(folder: Path) -> FileLock:
    return file_lock(folder / _LOCK, thread_local=False)
