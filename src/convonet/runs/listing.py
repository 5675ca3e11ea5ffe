"""The list of runs, however many there are: what was read of a run that has ended is not read again."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path

from pydantic_core import from_json

from convonet import documents
from convonet._version import __version__
from convonet.documents.run_migrations import RECORD
from convonet.errors import RunNotFoundError
from convonet.file_stats import file_stats
from convonet.home import home
from convonet.runs.documents import list_row
from convonet.runs.naming import TITLE, distinct
from convonet.runs.run import Run
from convonet.runs.store import RunStore

_MADE_OF = (RECORD, "history.csv", TITLE)
"""The files that a row is made from."""
_BUSY_SECONDS = 2.0


def list_rows(
    store: RunStore, open_run: Callable[[Path], Run] = Run, cache: Path | None = None
) -> list[documents.RunRow]:
    """A row of each known run, the newest first. Folders that are gone or damaged are left out.

    Args:
        open_run: opens the folder of a run that has to be read; what it refuses with RunNotFoundError is left out.
        cache: the file that keeps the rows of ended runs; by default one in the person's folder. It may be removed at
            any time.
    """
    kept = _Rows(cache or home() / "run-rows.sqlite")
    known, found, new = kept.read(), [], []
    for path in store.paths():
        # Taken before the row is read, so a change in between leaves an old stamp and the row is read again.
        stamp = _stamp(path)
        # A run that is going on has no kept row, so it is always read.
        row = known[path][1] if path in known and known[path][0] == stamp else None
        if row is None:
            # One bad folder must not hide the others.
            with suppress(RunNotFoundError):
                row = list_row(open_run(Path(path)))
                # Only runs that have ended are kept: the others may change state without a change of their files,
                # since their process may die.
                if row.state.ended:
                    new.append((path, stamp, row))
        if row is not None:
            found.append(row)
    # One transaction for all: thousands of small ones would take longer than the reading.
    kept.write(new)
    # By the record: copying a folder changes its times. The oldest of equal titles keeps its own, so it stays the same.
    found.sort(key=lambda row: row.created)
    titles = distinct(row.title for row in found)
    return [
        row if row.title == title else row.changed(title=title)
        for row, title in zip(reversed(found), reversed(titles), strict=True)
    ]


def _stamp(path: str) -> str:
    """What the files of a run are, without reading them; another version of Convonet makes other rows."""
    return json.dumps([__version__, *(_stats(f"{path}{os.sep}{name}") for name in _MADE_OF)])


def _stats(file: str) -> tuple[int, ...] | None:
    try:
        return file_stats(os.stat(file))
    except OSError:
        return None


class _Rows:
    """Rows by path in a database file. Where it cannot be used, the list is made without it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> dict[str, tuple[str, documents.RunRow]]:
        """Stamp and row of each path; nothing where the file is missing or damaged."""
        if not self._file.is_file():
            return {}
        try:
            with closing(self._open()) as database:
                rows = database.execute("SELECT path, stamp, row FROM rows").fetchall()
            # Twice as fast as json.loads, which was half of the time that ten thousand rows take.
            return {path: (stamp, documents.RunRow.of(from_json(row))) for path, stamp, row in rows}
        except (sqlite3.Error, ValueError):
            # Another program's file, or half of one: it is made anew.
            with suppress(OSError):
                self._file.unlink()
            return {}

    def write(self, rows: Iterable[tuple[str, str, documents.RunRow]]) -> None:
        """Keep rows, in place of older ones of the same runs."""
        values = [(path, stamp, json.dumps(row.to_dict())) for path, stamp, row in rows]
        if not values:
            return
        with suppress(sqlite3.Error, OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._open()) as database, database:
                database.execute(
                    "CREATE TABLE IF NOT EXISTS rows (path TEXT PRIMARY KEY, stamp TEXT, row TEXT)"
                )
                database.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", values)

    def _open(self) -> sqlite3.Connection:
        # Another command may write its rows at this moment.
        return sqlite3.connect(self._file, timeout=_BUSY_SECONDS)
