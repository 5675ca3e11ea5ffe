"""Locks between processes that a start which locks nothing does not pay for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import filelock

    FileLock: TypeAlias = filelock.BaseFileLock


def file_lock(path: Path, *, timeout: float = -1, thread_local: bool = True) -> FileLock:
    """A lock that one process holds at a time; the system frees it when its process ends.

    Args:
        timeout: seconds that `acquire` waits; below 0 it waits for ever. It raises TimeoutError.
        thread_local: each thread has a hold of its own.
    """
    # It takes 15 ms to load, and the window can be seen before anything is locked.
    import filelock

    return filelock.FileLock(path, timeout=timeout, thread_local=thread_local)
