"""The runs that clients can see: those below the root, by their ids."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from convonet.atomic import storage_error
from convonet.documents.runs import RunRow
from convonet.errors import RunAliveError, RunNotFoundError
from convonet.runs import Run, RunStore
from convonet.runs.listing import list_rows
from convonet.server.confine import Root
from convonet.server.held import HeldRun

ASKED = ".asked"
"""The folder of runs that only answer a question; nobody lists them, and old ones are removed."""

_ID = re.compile(r"[^/\\\0]{1,255}")


class KnownRuns:
    """Finds runs by id.

    Args:
        root: the server's folder.
        parent: where its own new runs go.
    """

    def __init__(self, root: Root, parent: Path) -> None:
        self._root = root
        self._parent = parent
        self._store = RunStore(root.path)
        self._places: dict[str, Path] = {}

    def all(self) -> Iterator[HeldRun]:
        """Every run below the root, the newest first; each is open until it is let go."""
        for run in self._store.known():
            held = self.at(run.path)
            if held is not None:
                # The first of two runs with one id stays: an address must not change its meaning while a page is open.
                self._places.setdefault(held.id, held.path)
                yield held

    def rows(self) -> list[RunRow]:
        """A row of every run below the root, the newest first; those that have ended are not read again."""
        rows = list_rows(self._store, lambda path: HeldRun(path, self._root.path))
        below = f"{self._root.path}{os.sep}"
        return [row for row in rows if row.run.startswith(below)]

    def at_hand(self, name: str) -> HeldRun | None:
        """The run of an id that was found before: asks the disk one thing only."""
        path = self._places.get(name)
        return None if path is None else self.at(path)

    def at(self, path: Path) -> HeldRun | None:
        """The run in a folder, opened; None where there is none, or where it lies outside the root."""
        try:
            return HeldRun(path, self._root.path)
        except RunNotFoundError:
            return None

    def find(self, name: str) -> HeldRun:
        """The run of an id, opened.

        Raises:
            RunNotFoundError: there is none.
        """
        if (known := self.at_hand(name)) is not None:
            return known
        # The id becomes part of a path.
        if not _ID.fullmatch(name) or name in (".", ".."):
            raise RunNotFoundError("There is no such run", received=ascii(name)[1:-1][:100])
        # Nearly every run is one of these; the search through all folders may take seconds.
        for path in (self._parent / name, self._parent / ASKED / name):
            if (held := self.at(path)) is not None:
                self._places[name] = held.path
                return held
        run = next((run for run in self.all() if run.id == name), None)
        if run is None:
            raise RunNotFoundError("There is no such run", where=ascii(name)[1:-1][:100])
        return run

    def add(self, run: Run) -> None:
        """Remember a new run, so that every face finds it."""
        self._store.add(run)
        self._places[run.id] = run.path

    def delete(self, run: HeldRun) -> None:
        """Remove a run folder, the very one that is open.

        Raises:
            RunAliveError: a process works on it.
            ConvonetError: it cannot be removed, or something else lies there by now.
        """
        if run.is_locked():
            raise RunAliveError("The run is active", where=run.id, hint="Stop it first")
        try:
            run.remove()
        except OSError as error:
            raise storage_error(error, run.path) from error
        self._places.pop(run.id, None)
