"""A run's events as server-sent events: first what has happened, then what happens, until the run has ended."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO, NamedTuple

from convonet.errors import RunNotFoundError
from convonet.runs import Run

EVENTS = "events.jsonl"
POLL_SECONDS = 0.1
BEAT_SECONDS = 15.0
_STATE_SECONDS = 0.5
_MOST_BYTES = 2**22
_PASSING = (b'{"event": "BatchEnded"', b'{"event": "Progressed"')


class Line(NamedTuple):
    """One event as it stands in the file, and the offset behind it."""

    text: bytes
    end: int


class EventFile:
    """Reads whole lines from an offset on.

    Args:
        offset: bytes that the client has already; 0 when the file has become shorter since, or it is no line's end.
    """

    def __init__(self, run: Run, offset: int = 0) -> None:
        self._path = run.file(EVENTS)
        self._offset = offset
        self._checked = offset == 0

    def read(self) -> list[Line]:
        """The lines that came since the last call, at most some megabytes of them."""
        try:
            with self._path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size == self._offset and self._checked:
                    return []
                # Another run of the same id may lie there by now: its events are told from the beginning.
                if size < self._offset or not self._is_line_end(file):
                    self._offset = 0
                self._checked = True
                file.seek(self._offset)
                content = file.read(_MOST_BYTES)
        except FileNotFoundError:
            return []
        return self._lines(content)

    def _is_line_end(self, file: BinaryIO) -> bool:
        if self._checked:
            return True
        file.seek(self._offset - 1)
        return file.read(1) == b"\n"

    def _lines(self, content: bytes) -> list[Line]:
        lines = []
        # The worker may be in the middle of a line.
        for text in content[: content.rfind(b"\n") + 1].split(b"\n")[:-1]:
            self._offset += len(text) + 1
            lines.append(Line(text, self._offset))
        return lines


def thinned(lines: list[Line]) -> list[Line]:
    """Lines without the news that the next one of the same kind makes old: of many batches the last one stays."""
    kept = []
    for line, later in zip(lines, [*lines[1:], Line(b"", 0)], strict=True):
        if not any(line.text.startswith(kind) and later.text.startswith(kind) for kind in _PASSING):
            kept.append(line)
    return kept


async def stream(
    run: Run, offset: int, *, thin: bool = False, stopping: Callable[[], bool] = lambda: False
) -> AsyncIterator[bytes]:
    """The stream from an offset on, until the run has ended or the server stops.

    Every event is an unnamed message whose id is the offset behind it; a message named `end` with the run's
    state is the last one, or `away` when the server stops and the client shall come again.
    """
    file = EventFile(run, offset)
    # Browsers connect anew by themselves; after a second the server may be back.
    yield b"retry: 1000\n\n"
    # Proxies close connections on which nothing passes.
    beat = looked = time.monotonic()
    ended = await asyncio.to_thread(_ended, run)
    while True:
        lines = file.read()
        if lines:
            yield b"".join(_message(line) for line in (thinned(lines) if thin else lines))
            beat = time.monotonic()
            continue
        if ended is not None:
            yield f"event: end\ndata: {json.dumps({'state': ended})}\n\n".encode()
            return
        if stopping():
            yield b"event: away\ndata: {}\n\n"
            return
        await asyncio.sleep(POLL_SECONDS)
        # The state asks the disk for a lock, which costs more than a look at the size of the events.
        if time.monotonic() - looked > _STATE_SECONDS:
            looked = time.monotonic()
            ended = await asyncio.to_thread(_ended, run)
        if time.monotonic() - beat > BEAT_SECONDS:
            yield b": still here\n\n"
            beat = time.monotonic()


def _message(line: Line) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (line.end, line.text)


def _ended(run: Run) -> str | None:
    """The state of a run that is over; None for one that is not. A run that was deleted is over."""
    try:
        state = run.state()
    except RunNotFoundError:
        return "deleted"
    return str(state) if state.ended else None
