"""`events.jsonl`: appended, one write a line, so that a reader sees whole lines and a crash tears at most the last."""

from __future__ import annotations

import os
from pathlib import Path

from convonet.atomic import json_text, storage_error
from convonet.event_lines import Stamped, read_lines
from convonet.events import Event

# Without O_BINARY, Windows writes two bytes for a line end, and the sizes kept in checkpoints would be wrong.
_APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


class LineFile:
    """A file that is appended line by line, each line in one write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, line: str) -> None:
        """Append one line (without its line end).

        A torn last line of an earlier process is closed first, so that it spoils only itself.

        Raises:
            StorageError: the disk is full.
        """
        try:
            # Opened for each line: a run folder may be moved, or the file cut, between two events.
            handle = os.open(self.path, _APPEND, 0o666)
            try:
                self._write(handle, line.encode("utf-8") + b"\n")
            finally:
                os.close(handle)
        except OSError as error:
            raise storage_error(error, self.path) from error

    def _write(self, handle: int, content: bytes) -> None:
        size = os.fstat(handle).st_size
        # The last byte alone tells whether an earlier process died in the middle of a line.
        if size and os.lseek(handle, -1, os.SEEK_END) >= 0 and os.read(handle, 1) != b"\n":
            content = b"\n" + content
        if os.write(handle, content) != len(content):
            # Half a line would be read as the beginning of the next one.
            os.ftruncate(handle, size)
            raise OSError(28, "No space left on device")

    def size(self) -> int:
        """Bytes now; 0 when the file is not there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def cut(self, size: int) -> None:
        """Cut back to `size` bytes: what came after a checkpoint is done again."""
        if self.size() > size:
            os.truncate(self.path, size)


class EventLog:
    """The events of one run, written by its worker and read by any face."""

    def __init__(self, path: Path, run_id: str) -> None:
        self._file = LineFile(path)
        self._run = run_id

    def tell(self, event: Event) -> None:
        """Append an event."""
        self._file.append(json_text(event.to_dict(self._run)))

    def size(self) -> int:
        """Bytes written so far: an offset for `read`."""
        return self._file.size()

    def read(self, offset: int = 0) -> tuple[list[Stamped], int]:
        """Events from `offset` on, and the offset behind the last whole line.

        A file that has become shorter (a new attempt began) is read from its start.
        """
        if not self._file.path.exists():
            return [], 0
        with self._file.path.open("rb") as file:
            file.seek(offset if offset <= self.size() else 0)
            start = file.tell()
            content = file.read()
        # The writer may be in the middle of a line; the offset stays before it, so the next read gets it whole.
        whole = content[: content.rfind(b"\n") + 1]
        # Not splitlines: a name in an event may hold a Unicode line separator.
        lines = [f"{line}\n" for line in whole.decode("utf-8", errors="replace").split("\n")[:-1]]
        return list(read_lines(lines)), start + len(whole)
