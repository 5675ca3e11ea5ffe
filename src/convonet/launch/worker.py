"""One worker process: its events, its end, and the record made true when it could not do so itself."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from convonet import documents
from convonet.atomic import no_room
from convonet.errors import (
    Cancelled,
    ConvonetError,
    ModelFileError,
    OutOfMemoryError,
    RunAliveError,
    StorageError,
    WorkerError,
)
from convonet.event_lines import Stamped
from convonet.events import RunEnded, RunState
from convonet.hints import Hint, call
from convonet.json_values import object_at
from convonet.launch.resume import can_resume
from convonet.own_process import NO_ROOM_CODE, OPENING_SECONDS
from convonet.runs import Run
from convonet.runs.memory import memory_kills, train_with_less
from convonet.runs.run import now

KILL_SECONDS = 5.0
_POLL_SECONDS = 0.05
_LOG_TAIL = 2000


class Worker:
    """A worker process at work on a run.

    Args:
        again: starts another process for the same run, for when the memory was not enough.
    """

    def __init__(
        self, run: Run, process: subprocess.Popen[bytes], again: Callable[[], subprocess.Popen[bytes]]
    ) -> None:
        self.run = run
        self._process = process
        self._again = again
        self._killed = False
        self._kills_before = memory_kills()
        self._log = run.events()
        # Events of earlier attempts have been told already.
        self._offset = self._log.size()
        self._cancelled_at: float | None = None
        self._last_event_at = time.monotonic()

    @property
    def process(self) -> int:
        """The process's number."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether the process is still there; one that had too little memory is replaced where that helps."""
        return self._process.poll() is None or self._restarted_with_less()

    def poll(self) -> list[Stamped]:
        """The events since the last call. Also ends a worker that does not stop when it was asked to."""
        events, self._offset = self._log.read(self._offset)
        if events:
            self._last_event_at = time.monotonic()
        if self._cancelled_at is not None and self.is_alive():
            # A worker that still tells something is saving; only a silent one hangs.
            silent_since = max(self._cancelled_at, self._last_event_at)
            if time.monotonic() - silent_since > KILL_SECONDS:
                self.kill()
        return events

    def follow(
        self, poll_seconds: float = _POLL_SECONDS, asked: Callable[[], None] = lambda: None
    ) -> Iterator[Stamped]:
        """Every event until the worker has ended; then `finish` tells how.

        Args:
            asked: called before each look; it may cancel or kill.
        """
        while self.is_alive():
            asked()
            yield from self.poll()
            time.sleep(poll_seconds)
        yield from self.poll()

    def cancel(self) -> None:
        """Ask the worker to stop after what it is doing; it is killed if it is silent for 5 seconds."""
        self.run.request_cancel()
        # A second wish to stop gives a silent worker no more time.
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()

    def kill(self) -> None:
        """End the process at once. The last checkpoint stays."""
        # Set first, so that this death is not taken for one from lack of memory.
        self._killed = True
        self._process.kill()
        self._process.wait()

    def detach(self) -> None:
        """Let the worker continue when this process ends."""
        pipe = self._process.stdin
        if pipe is not None:
            send_line(pipe, "detach")

    def leave(self) -> None:
        """Tell the worker that nobody waits any more: it saves a checkpoint, and the run can be resumed."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        # Without this, the ended process stays in the system's table as a zombie.
        threading.Thread(target=self._process.wait, daemon=True).start()

    def finish(self) -> RunState:
        """Wait for the end and make the record true, also when the worker could not.

        Returns:
            `done`.

        Raises:
            Cancelled: it was stopped; what was done is kept.
            ConvonetError: it failed, with the worker's own reason.
            WorkerError: the process died; the run is `failed` and can be resumed.
        """
        code = self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        record = self.run.read()
        # Another process was faster: the run is its own, and our worker has ended for that reason.
        if record.process != self.process and self.run.is_locked():
            raise RunAliveError(f"Process {record.process} is working on this run", where=self.run.path)
        state = record.state
        if state is RunState.FAILED:
            raise (record.error or documents.Fault()).error()
        if state in (RunState.RUNNING, RunState.WAITING):
            state = self._end_unrecorded(code)
        if state is RunState.CANCELLED:
            raise Cancelled
        return state

    def _restarted_with_less(self) -> bool:
        """After a death for want of memory: the same run again, with half the batch or without the candidate."""
        # Who stopped it does not want it back.
        if self._killed or self._cancelled_at is not None or not self._lacked_memory():
            return False
        if not train_with_less(self.run):
            return False
        # The error of the attempt before must not stay in the record of a run that goes on.
        self.run.update(state=RunState.WAITING, error=None)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._kills_before = memory_kills()
        self._process = self._again()
        return True

    def _lacked_memory(self) -> bool:
        """The worker reported it, or Linux has ended the process, not a person."""
        record = self.run.read()
        if record.state is RunState.FAILED:
            return record.error is not None and record.error.type == OutOfMemoryError.__name__
        # Asked first: only Linux counts, and Windows has no such signal.
        return memory_kills() > self._kills_before and self._process.returncode == -signal.SIGKILL

    def _end_unrecorded(self, code: int) -> RunState:
        """Write down the end that the worker could not write itself."""
        if self._cancelled_at is not None:
            self._end(RunState.CANCELLED, None)
            return RunState.CANCELLED
        error = self._reason(code)
        self._end(RunState.FAILED, error)
        raise error

    def _end(self, state: RunState, error: ConvonetError | None) -> None:
        document = error.to_dict() if error else None
        try:
            record = self.run.update(state=state, ended=now(), error=document)
            self._log.tell(RunEnded(state=state, seconds=record.seconds, error=document))
        except StorageError:
            # A full disk must not hide the error that ended the run, which the caller raises next.
            if error is None:
                raise

    def _reason(self, code: int) -> ConvonetError:
        # On a full disk, a worker cannot write its reason down and has only its exit code to tell it.
        if code == NO_ROOM_CODE:
            return no_room(self.run.path)
        log = self.run.file("worker.log")
        tail = log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:] if log.exists() else ""
        last = tail.strip().splitlines()[-1] if tail.strip() else None
        # The alarm that bounds the opening of a model file; see `own_process.opening_limits`.
        if code == -getattr(signal, "SIGALRM", 0):
            return _took_too_long(self.run)
        if code < 0:
            # Real-time signals have numbers that the enumeration does not name.
            name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
            what = f"The worker process was killed by {name}"
            if name == "SIGKILL":
                what += ", perhaps because it ran out of memory"
        else:
            what = f"The worker process exited early with code {code}"
        return WorkerError(
            what,
            where=self.run.path,
            received=last,
            hint=_resume_hint(self.run.path) if can_resume(self.run) else None,
        )


def _resume_hint(run: Path) -> Hint:
    return Hint.of(
        "{} continues from the last checkpoint",
        call(f"resume({str(run)!r})", f"resume {run}"),
        window="Resume continues from the last checkpoint",
    )


def _took_too_long(run: Run) -> ConvonetError:
    """The error for a worker that the alarm of `own_process.opening_limits` has ended."""
    spec = run.read().task
    return ModelFileError(
        f"Opening the model file took longer than {OPENING_SECONDS:g} seconds, so it was stopped",
        where=spec.get("model") or object_at(spec, "hyper").get("base") or run.path,
        hint="The file may be damaged: open it with the program that made it, and save it again",
    )


def send_line(pipe: IO[bytes] | None, line: str) -> bool:
    """Write a line to a worker; False if it is gone."""
    try:
        if pipe is None:
            return False
        pipe.write(f"{line}\n".encode())
        pipe.flush()
    except OSError:
        return False
    return True
