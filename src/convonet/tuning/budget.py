"""What a search may spend besides trials: time and disk."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Budget:
    """Tells when nothing more may be begun.

    Attributes:
        deadline: on `time.monotonic`; None: no limit.
        folder: where the search writes.
        disk: bytes that may lie in `folder`; None: no limit.
    """

    deadline: float | None = None
    folder: Path | None = None
    disk: int | None = None

    def spent(self) -> str:
        """What is used up, in words; empty while there is some of everything."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            return "the time limit was reached"
        if self.disk is not None and self.folder is not None and folder_bytes(self.folder) > self.disk:
            return "the disk limit was reached"
        return ""

    def seconds_left(self) -> float | None:
        """Seconds to the deadline, ≥ 0; None: no limit."""
        return None if self.deadline is None else max(self.deadline - time.monotonic(), 0.0)


def folder_bytes(folder: Path) -> int:
    """The size of the files that lie in a folder, without those in folders below it."""
    with os.scandir(folder) as entries:
        return sum(entry.stat().st_size for entry in entries if entry.is_file(follow_symlinks=False))
