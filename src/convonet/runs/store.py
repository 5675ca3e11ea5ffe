"""All known runs: those in the user's index and those below a folder, to depth 3."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from convonet import documents
from convonet.atomic import json_text, storage_error, write_text
from convonet.documents.run_migrations import RECORD
from convonet.errors import ConvonetError, RunAliveError, RunNotFoundError, nearest
from convonet.hints import Hint, call
from convonet.home import home
from convonet.locks import file_lock
from convonet.runs.differences import difference
from convonet.runs.event_log import LineFile
from convonet.runs.naming import distinct, title_of
from convonet.runs.outdated import marked_since, outdated_sentence
from convonet.runs.pairs import compare_pairs
from convonet.runs.run import Run
from convonet.text import counted, local_path

_DEPTH = 3
_LOCK_SECONDS = 5.0


class RunStore:
    """Lists, finds, compares and deletes runs.

    Args:
        root: also look for runs below this folder.
        index: file with one path per line, as JSON; None: the user's index.
    """

    def __init__(self, root: Path | None = None, index: Path | None = None) -> None:
        self._root = root
        # One line per run, so that two commands that append at once cannot spoil each other's.
        self._index = index or home() / "runs.jsonl"

    def add(self, run: Run) -> None:
        """Add a new run to the index, so that every interface finds it. If that fails, the run is deleted.

        Raises:
            OutputError, StorageError: the index cannot be written to.
        """
        try:
            self._index.parent.mkdir(parents=True, exist_ok=True)
            with self._index_lock():
                LineFile(self._index).append(json_text(str(run.path)))
        except OSError as error:
            self._discard(run)
            raise storage_error(error, self._index) from error
        except ConvonetError:
            self._discard(run)
            raise

    def known(self) -> list[Run]:
        """Known runs, newest first. Folders that are missing or damaged are skipped."""
        return [run for run, _ in self.records()]

    def records(self) -> list[tuple[Run, documents.RunRecord]]:
        """Known runs and their records, newest first. Folders that are missing or damaged are skipped."""
        found: list[tuple[Run, documents.RunRecord]] = []
        for run in {run.path: run for run in self._all()}.values():
            # One bad folder must not hide the others.
            with suppress(RunNotFoundError):
                found.append((run, run.read()))
        # By the record, not by the folder: copying a folder changes its times.
        return sorted(found, key=lambda pair: pair[1].created, reverse=True)

    def paths(self) -> list[str]:
        """The folders of known runs, each once, with links resolved; 10,000 folders in a fraction of a second."""
        real: dict[str, str] = {}
        found: dict[str, None] = {}
        for folder in self._folders():
            # Runs lie side by side: the way to them is followed once.
            parent, name = os.path.split(folder)
            if parent not in real:
                real[parent] = os.path.realpath(parent)
            path = os.path.join(real[parent], name)
            found[os.path.realpath(path) if os.path.islink(path) else path] = None
        return list(found)

    def _all(self) -> Iterator[Run]:
        return (Run(Path(folder)) for folder in self._folders())

    def _folders(self) -> Iterator[str]:
        """The folders that hold a record: of the index, then below the root."""
        if self._index.exists():
            for line in self._index.read_text(encoding="utf-8", errors="replace").split("\n"):
                try:
                    path = json.loads(line)
                except ValueError:
                    continue
                # Folders are removed by hand; the index keeps their lines, which do no harm.
                if isinstance(path, str) and os.path.isfile(os.path.join(path, RECORD)):
                    yield path
        if self._root is not None:
            yield from _below(str(self._root), _DEPTH)

    def find(self, name: str) -> Run:
        """The run with this path or id.

        Raises:
            RunNotFoundError: no run or more than one run has this id.
        """
        path = Path(local_path(name))
        # A path comes first: an id may look like one.
        if os.path.isfile(path / RECORD):
            return Run(path)
        # Keyed by path, since a run below the root is often in the index as well.
        matches = {run.path: run for run in self._all() if run.id == name}
        if len(matches) == 1:
            return next(iter(matches.values()))
        if matches:
            raise RunNotFoundError(
                f"{counted(len(matches), 'run is', 'runs are')} called {name}",
                received=", ".join(map(str, matches)),
                hint="Specify the path",
            )
        near = nearest(name, [run.id for run in self._all()])
        raise RunNotFoundError(
            "There is no such run",
            where=name,
            expected="a run folder or the id of a known run",
            hint=f"Did you mean {near}?"
            if near
            else Hint.of(
                "{} lists the known runs",
                call("runs()", "runs list"),
                window="The Runs page lists the known runs",
            ),
        )

    def delete(self, run: Run) -> None:
        """Delete a run folder with everything in it.

        Raises:
            RunAliveError: a process is working on it.
        """
        self._remove(run, lambda: shutil.rmtree(run.path))

    def _discard(self, run: Run) -> None:
        """Remove a run that has not begun, with the folders that were made for it."""
        self._remove(run, run.undo_create)

    def _remove(self, run: Run, remove: Callable[[], None]) -> None:
        if run.is_locked():
            raise RunAliveError("The run is active", where=run.path, hint="Stop it first")
        try:
            remove()
        except OSError as error:
            raise storage_error(error, run.path) from error
        self._forget(run)

    def _forget(self, run: Run) -> None:
        """Remove a run's line from the index. One that cannot be removed does no harm: its folder is gone."""
        line = json_text(str(run.path))
        with suppress(OSError, TimeoutError), self._index_lock():
            lines = self._index.read_text(encoding="utf-8", errors="replace").split("\n")
            if line in lines:
                write_text(self._index, "\n".join(one for one in lines if one != line))

    def _index_lock(self) -> AbstractContextManager[Any]:
        return file_lock(self._index.with_suffix(".lock"), timeout=_LOCK_SECONDS)

    def drop_unbegun(self, run: Run) -> bool:
        """Delete a run that was rejected for its input before it wrote any result. Returns whether it was deleted.

        The folders that were made for it are deleted as well, so a rejected command leaves the disk as it was.
        """
        begun = any(
            run.file(name).exists() for name in ("history.csv", "checkpoint.npz", "trials.csv", "model.keras")
        )
        # A second attempt may have results that the first one left.
        if begun or run.read().attempt != 1:
            return False
        self._discard(run)
        return True

    def compare(self, runs: Sequence[Run], names: Sequence[str] | None = None) -> documents.RunComparison:
        """Runs side by side: states, scores, the parameters that differ, and McNemar's test of each pair.

        For two runs, also the images that they predict differently and the marks that differ.

        Args:
            names: names of the runs in sentences; None: their ids.
        """
        records = [run.read() for run in runs]
        flat = [record.params.flat() for record in records]
        params = sorted({name for values in flat for name in values})
        # Compared as JSON text, since lists and dictionaries cannot be members of a set.
        different = [
            name for name in params if len({json.dumps(v.get(name), sort_keys=True) for v in flat}) > 1
        ]
        called = names or [run.id for run in runs]
        titles = distinct(title_of(run, record) for run, record in zip(runs, records, strict=True))
        return documents.RunComparison(
            runs=tuple(
                _compared(run, record, (title, name), same_data=record.data == records[0].data)
                for run, record, title, name in zip(runs, records, titles, called, strict=True)
            ),
            differences={name: [values.get(name) for values in flat] for name in different},
            pairs=tuple(compare_pairs(runs, names)),
            difference=difference(runs[0], runs[1], None if names is None else (names[0], names[1]))
            if len(runs) == 2
            else None,
        )


def _compared(
    run: Run, record: documents.RunRecord, names: tuple[str, str], *, same_data: bool
) -> documents.ComparedRun:
    """A run beside others: `names` are its title, and what sentences call it."""
    title, name = names
    marked = marked_since(run)
    return documents.ComparedRun(
        run=str(run.path),
        title=title,
        id=run.id,
        kind=record.kind,
        state=run.state(record),
        scores=record.scores,
        same_data=same_data,
        marked_since=marked,
        outdated=outdated_sentence(name, marked),
    )


def _below(folder: str, depth: int) -> Iterator[str]:
    if os.path.isfile(os.path.join(folder, RECORD)):
        yield folder
        return
    if depth == 0:
        return
    try:
        with os.scandir(folder) as entries:
            # What kind an entry is stands in the folder itself: a hundred thousand images are passed by in no time.
            children = [entry.path for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return
    for child in children:
        yield from _below(child, depth - 1)
