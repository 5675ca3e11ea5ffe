"""A run is a folder and the folder is the truth.

Names in it are fixed (`docs/run-folder.md`). Whoever works on a run holds its lock; a run that is stored as
running while nobody holds the lock was interrupted.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from convonet import documents, tasks
from convonet.atomic import storage_error
from convonet.documents.document import read_value
from convonet.documents.run_migrations import RECORD, RUN_VERSION, migrated
from convonet.errors import (
    ConvonetError,
    DocumentError,
    InputError,
    OutputError,
    RunAliveError,
    RunNotFoundError,
)
from convonet.events import RunState
from convonet.json_values import object_at
from convonet.locks import file_lock
from convonet.runs.environment import machine, process_exists, versions
from convonet.runs.event_log import EventLog, LineFile
from convonet.runs.new_folder import make_run_folder, remove_empty
from convonet.text import file_name, has_controls, local_path, terminal
from convonet.text import name as compared

_LOCK_SECONDS = 2.0


class Run:
    """One run folder. Every process may read it or request a cancel; only the one that holds the lock writes."""

    def __init__(self, path: Path) -> None:
        # Absolute, since workers have another working directory.
        self.path = path.resolve()
        self._made_above: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.path.name

    @classmethod
    def create(
        cls,
        parent: Path,
        task: tasks.Task,
        *,
        name: str | None = None,
        command: list[str] | None = None,
        owner: int = 0,
    ) -> Run:
        """Make a new run folder in state `waiting`; an existing one is never overwritten.

        Raises:
            InputError: `name` already exists or is not a valid folder name.
            OutputError: `parent` cannot be written to.
        """
        if name is not None and (has_controls(name) or file_name(name) != compared(name)):
            raise InputError(
                "A run's name must be a valid folder name",
                received=terminal(name),
                where="name",
                hint=f"Use, for example, {file_name(name)}",
            )
        parent = Path(local_path(parent))
        # Four random digits keep runs apart that begin in the same second.
        # Anchored: the worker does not stand in the folder that relative paths are meant from.
        anchored = task.anchored()
        made = make_run_folder(parent, compared(name or "") or new_id(task.kind))
        run = cls(made[0])
        run._made_above = made[1:]
        try:
            run.write(run._first_record(anchored, command or [], owner))
        except ConvonetError:
            remove_empty(made)
            raise
        return run

    def undo_create(self) -> None:
        """Remove what `create` made: the run folder, and the folders above it in which nothing else is.

        Raises:
            OSError: the run folder cannot be removed.
        """
        shutil.rmtree(self.path)
        remove_empty(self._made_above)

    def _first_record(self, task: tasks.Task, command: list[str], owner: int) -> documents.RunRecord:
        spec = task.to_dict()
        hyper = object_at(spec, "hyper")
        seed = spec.get("seed", hyper.get("seed", 0))
        # Also what is not known yet is set: a reader of run.json finds these keys from the beginning.
        return documents.RunRecord(
            format_version=RUN_VERSION,
            id=self.id,
            kind=task.kind,
            state=RunState.WAITING,
            created=now(),
            started=None,
            ended=None,
            seconds=0.0,
            attempt=0,
            owner=owner,
            process=None,
            seed=seed if isinstance(seed, int) else 0,
            command=tuple(command),
            params=documents.RunParams(
                data=object_at(spec, "data") or None, hyper=hyper or object_at(spec, "space") or None
            ),
            task=spec,
            data=None,
            versions=versions(),
            machine=machine(),
            stages=(),
            model_epoch=None,
            scores=documents.RunScores(),
            error=None,
        )

    @classmethod
    def open(cls, path: Path) -> Run:
        """The run in a folder.

        Raises:
            RunNotFoundError: the folder holds no run.
        """
        if not (path / RECORD).is_file():
            raise RunNotFoundError(
                "There is no run in this folder", where=path, expected=f"a folder with {RECORD}"
            )
        return cls(path)

    @property
    def folder(self) -> Path:
        """Where its files are read and written."""
        return self.path

    def file(self, name: str) -> Path:
        """A file in the run folder."""
        return self.folder / name

    def read(self) -> documents.RunRecord:
        """The record on disk, migrated to the current format.

        Raises:
            RunNotFoundError: the record is missing or damaged.
        """
        path = self.file(RECORD)
        try:
            # A folder may be renamed by hand: its name is the run's id, whatever the record says.
            return documents.RunRecord.of(migrated(read_value(path)) | {"id": self.id}, path)
        except DocumentError as error:
            raise RunNotFoundError(
                "The run's record cannot be read",
                where=path,
                expected=error.expected or "the file as Convonet wrote it",
                received=error.received,
                hint="Restore it from a copy. Without it, use the model file in the folder",
            ) from error

    def write(self, record: documents.RunRecord) -> None:
        """Replace the record, whole or not at all."""
        record.write(self.file(RECORD))

    def update(self, **values: Any) -> documents.RunRecord:
        """Change some keys of the record and return the new record."""
        record = self.read().changed(**values)
        self.write(record)
        return record

    def task(self, record: documents.RunRecord | None = None) -> tasks.Task:
        """The job of this run. `record`: the record, if it has already been read."""
        return tasks.read_task((record or self.read()).task)

    def state(self, record: documents.RunRecord | None = None) -> RunState:
        """The current state: the stored one, or `interrupted` if the process that was working on the run has ended."""
        record = record or self.read()
        stored = record.state
        if stored is RunState.RUNNING and not self.is_locked():
            # The worker may have ended between the reading of the record and the look at the lock.
            stored = self.read().state
            return RunState.INTERRUPTED if stored is RunState.RUNNING else stored
        # Whoever was to start it has died; only a lock says that a worker took it up all the same.
        if stored is RunState.WAITING and record.owner and not process_exists(record.owner):
            return stored if self.is_locked() else RunState.INTERRUPTED
        return stored

    def is_locked(self) -> bool:
        """Whether a process is working on this run."""
        if not self.file("run.lock").exists():
            return False
        try:
            # The system frees the lock of a process that dies, so a lock tells who is alive better than a number does.
            with file_lock(self.file("run.lock"), timeout=0):
                return False
        except TimeoutError:
            return True
        except OSError:  # a read-only copy, or another person's run: the lock cannot be tried
            process = self.read().process
            return bool(process and process_exists(process))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run while working on it.

        Raises:
            RunAliveError: another process holds it.
            OutputError: the folder cannot be written to.
        """
        lock = file_lock(self.file("run.lock"), timeout=_LOCK_SECONDS)
        try:
            lock.acquire()
        except TimeoutError as error:
            process = self.read().process
            raise RunAliveError(
                f"Process {process} is working on this run",
                where=self.path,
                hint="Wait, or stop the run first",
            ) from error
        except OSError as error:
            raise OutputError("The run folder cannot be written to", where=self.path) from error
        try:
            yield
        finally:
            lock.release()

    def sweep(self) -> None:
        """Remove temporary files of a process that was killed while writing. Call it only while holding the lock.

        The record's temporary files stay, because other processes may be writing it.
        """
        for path in self.path.glob(".*-????????.*"):
            if not path.name.startswith(f".{Path(RECORD).stem}-"):
                path.unlink(missing_ok=True)

    def events(self) -> EventLog:
        """The run's events."""
        return EventLog(self.file("events.jsonl"), self.id)

    def history_file(self) -> LineFile:
        """`history.csv`, for appending."""
        return LineFile(self.file("history.csv"))

    def history(self) -> documents.HistoryTable:
        """The scores of each epoch; empty where there are none yet.

        Raises:
            DocumentError: the file is damaged.
        """
        return documents.HistoryTable.read(self.file("history.csv"))

    def request_cancel(self) -> None:
        """Ask the process that is working on the run to stop. It reacts within a second."""
        try:
            self.file("cancel").touch()
        except OSError as error:
            raise storage_error(error, self.file("cancel")) from error

    def cancel_requested(self) -> bool:
        """Whether a cancel was requested."""
        return self.file("cancel").exists()

    def clear_cancel(self) -> None:
        """Remove the cancel request, when the run is resumed."""
        self.file("cancel").unlink(missing_ok=True)


def new_id(kind: str) -> str:
    """`<kind>-<UTC time>-<4 hex>`."""
    return f"{kind}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def is_made_up(run_id: str) -> bool:
    """Whether an id was made by `new_id`, not chosen by a person."""
    return re.fullmatch(r"[a-z_]+-\d{8}T\d{6}Z-[0-9a-f]{4}", run_id) is not None


def now() -> str:
    """The current time in UTC, in the format of the record."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
