"""One piece of work under way: a worker of ours, or a run that another process works on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol, TypeVar

from convonet import documents, tasks
from convonet.documents.document import Document
from convonet.errors import Cancelled, ConvonetError, WorkerError
from convonet.event_lines import Stamped
from convonet.events import RunState
from convonet.runs import Run
from convonet.runs.documents import RESULT, read_result
from convonet.scratch import Scratch

Answer = TypeVar("Answer", bound=Document)

_LOOK_SECONDS = 0.5


class JobHandle(Protocol):
    """Who does the work: a `Worker` or a `Follower`."""

    def is_alive(self) -> bool:
        """Whether it is still at work."""

    def poll(self) -> list[Stamped]:
        """The events since the last call."""

    def cancel(self) -> None:
        """Ask it to stop after what it is doing."""

    def detach(self) -> None:
        """Let it continue when this process ends."""

    def leave(self) -> None:
        """Stop following it: what is ours saves a checkpoint."""

    def finish(self) -> RunState:
        """How it ended; raises Cancelled or the error."""


class Follower:
    """Follows a run that another process works on, from its first event."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._log = run.events()
        self._offset = 0
        self._alive = True
        self._looked_at = 0.0

    def is_alive(self) -> bool:
        """Whether the run's lock is held; looked at twice a second."""
        if self._alive and time.monotonic() - self._looked_at > _LOOK_SECONDS:
            self._alive = self._run.is_locked()
            self._looked_at = time.monotonic()
        return self._alive

    def poll(self) -> list[Stamped]:
        """The events since the last call."""
        events, self._offset = self._log.read(self._offset)
        return events

    def cancel(self) -> None:
        """Ask whoever works on it to stop."""
        self._run.request_cancel()

    def detach(self) -> None:
        """It is not ours: it continues in any case."""

    def leave(self) -> None:
        """It is not ours: it continues in any case."""

    def finish(self) -> RunState:
        """What the record says.

        Raises:
            Cancelled: it was stopped.
            ConvonetError: it failed.
        """
        state = self._run.state()
        if state is RunState.CANCELLED:
            raise Cancelled
        if state is RunState.FAILED:
            raise (self._run.read().error or documents.Fault()).error()
        if state is RunState.INTERRUPTED:
            raise WorkerError(
                "The run's worker process ended unexpectedly",
                where=self._run.path,
                hint="Resume the run to continue from its last checkpoint",
            )
        return state


@dataclass(frozen=True)
class WorkEnded:
    """The work is over.

    Attributes:
        result: the job's answer as JSON; None unless it is done.
        error: why it failed; None for done and cancelled.
    """

    task: tasks.Task
    run: Run
    state: RunState
    result: object = None
    error: ConvonetError | None = None

    def answer(self, kind: type[tasks.Task], document: type[Answer]) -> Answer | None:
        """The answer to a task of this kind, as the document of the kind; None of another kind, or unless it is done.

        Raises:
            DocumentError: it is another document.
        """
        if self.result is None or not isinstance(self.task, kind):
            return None
        return document.of(self.result, self.run.path)


@dataclass
class Work:
    """What is under way.

    Attributes:
        keeps: the run stays among the known runs; else its folder is removed at the end.
        stopping: the person asked to stop.
    """

    task: tasks.Task
    run: Run
    handle: JobHandle
    folder: Scratch | None = None
    stopping: bool = False

    @property
    def keeps(self) -> bool:
        """Whether the run folder outlives the work."""
        return self.folder is None

    def stop(self) -> None:
        """Ask it to stop; once."""
        if not self.stopping:
            self.stopping = True
            self.handle.cancel()

    def end(self) -> WorkEnded:
        """Take the answer and put away what is not kept. Call it when the handle is no longer alive."""
        try:
            return self._outcome()
        finally:
            if self.folder is not None:
                self.folder.close()

    def _outcome(self) -> WorkEnded:
        try:
            state = self.handle.finish()
        except Cancelled:
            return WorkEnded(self.task, self.run, RunState.CANCELLED)
        except ConvonetError as error:
            return WorkEnded(self.task, self.run, RunState.FAILED, error=error)
        done = state is RunState.DONE and self.run.file(RESULT).is_file()
        result = read_result(self.run) if done else None
        return WorkEnded(self.task, self.run, state, result)
