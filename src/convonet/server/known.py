"""The runs that clients can see: those below the root, by their ids."""

from __future__ import annotations

import os
import re
from pathlib import Path

from convonet.errors import RunNotFoundError
from convonet.runs import RECORD, Run, RunStore
from convonet.server.confine import Root

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

    def all(self) -> list[Run]:
        """Every run below the root, the newest first."""
        found = [run for run in self._store.known() if self._root.holds(run.path)]
        for run in found:
            self._places.setdefault(run.id, run.path)
        return found

    def at_hand(self, name: str) -> Run | None:
        """The run of an id that was found before: asks the disk one thing only."""
        path = self._places.get(name)
        return Run(path) if path is not None and os.path.isfile(path / RECORD) else None

    def find(self, name: str) -> Run:
        """The run of an id.

        Raises:
            RunNotFoundError: there is none.
        """
        if (known := self.at_hand(name)) is not None:
            return known
        if not _ID.fullmatch(name) or name in (".", ".."):
            raise RunNotFoundError("There is no such run", received=ascii(name)[1:-1][:100])
        for path in (self._parent / name, self._parent / ASKED / name):
            if os.path.isfile(path / RECORD) and self._root.holds(path.resolve()):
                self._places[name] = path.resolve()
                return Run(path)
        run = next((run for run in self.all() if run.id == name), None)
        if run is None:
            raise RunNotFoundError("There is no such run", where=ascii(name)[1:-1][:100])
        return run

    def add(self, run: Run) -> None:
        """Remember a new run, so that every face finds it."""
        self._store.add(run)
        self._places[run.id] = run.path

    def delete(self, run: Run) -> None:
        """Remove a run folder. Raises RunAliveError."""
        self._store.delete(run)
        self._places.pop(run.id, None)
