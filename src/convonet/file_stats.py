"""What identifies a file without reading it."""

from __future__ import annotations

import os

STATS = 4
"""How many numbers it is."""

FileStats = tuple[int, int, int, int]


def file_stats(info: os.stat_result) -> FileStats:
    """What a file is without its content: size in bytes, times of modification and of change in ns, and its number.

    An archive gives many files one time, and some programs set it back. The time of change follows every write, and a
    file that takes another's name keeps its own number.
    """
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns, _signed(info.st_ino)


def _signed(number: int) -> int:
    """A file's number as 64 bits with a sign; some file systems use all of them."""
    return (number + 2**63) % 2**64 - 2**63
