"""Follows a run on a server in a thread: begun there, its events as they come, its files when it has ended.

When the server does not answer, it waits and then continues where it was.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from convonet.documents.run_record import Fault
from convonet.errors import Cancelled, ConvonetError, WorkerError
from convonet.event_lines import Stamped, read_event
from convonet.events import RunState, StageStarted, Warned
from convonet.runs import Run
from convonet.session.remote.client import Client, quoted
from convonet.session.remote.connection import Connection
from convonet.session.remote.errors import ServerLostError
from convonet.session.remote.event_stream import EventStream, Message
from convonet.session.remote.mirror import Mirror
from convonet.tasks import traits_of

T = TypeVar("T")

_UNDER_WAY = (RunState.WAITING, RunState.RUNNING)
_TABLES_SECONDS = 2.0
_WAITING = "Waiting for the server. Nothing is lost"
_AGAIN = "The server was restarted; the run continues from its last checkpoint"


def continue_run(
    client: Client, run: str, *, accept_changed_data: bool = False, data: dict[str, Any] | None = None
) -> None:
    """Ask the server to continue a run. May be asked again when the answer was lost.

    Raises:
        ConvonetError: it refuses, and the run is not under way either.
        ServerLostError: it does not answer.
    """
    there = f"/runs/{quoted(run)}"
    try:
        client.post(f"{there}/resume", {"accept_changed_data": accept_changed_data, "data": data})
    except ServerLostError:
        raise
    except ConvonetError:
        # Somebody else, or an earlier try of ours, may have been faster.
        if client.get(there)["state"] not in _UNDER_WAY:
            raise


class RemoteHandle:
    """The `JobHandle` of a run on a server.

    Args:
        begin: starts the run there; may be called again when its answer was lost. None: it is at work already.
        settle: called in the thread with the run when it has ended and its files are here.
    """

    def __init__(
        self,
        client: Client,
        connection: Connection,
        mirror: Mirror,
        run: Run,
        kind: str,
        *,
        begin: Callable[[], None] | None = None,
        settle: Callable[[Run], None] | None = None,
    ) -> None:
        self._client, self._connection, self._mirror = client, connection, mirror
        self._run, self._traits = run, traits_of(kind)
        self._begin, self._settle = begin, settle
        self._there = f"/runs/{quoted(run.id)}"
        # One thread appends and another takes; a deque needs no lock for that.
        self._events: deque[Stamped] = deque()
        self._offset, self._state = 0, RunState.WAITING
        self._fault: ConvonetError | None = None
        self._begun, self._was_lost = begin is None, False
        # The record in the copy may still tell how an earlier attempt ended.
        mirror.note_state(run.id, RunState.RUNNING)
        self._cancelled, self._closed = threading.Event(), threading.Event()
        self._stream: EventStream | None = None
        self._thread = threading.Thread(target=self._work, name=f"follow-{run.id}", daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether the run is under way there, or its files are still being fetched."""
        return self._thread.is_alive()

    def poll(self) -> list[Stamped]:
        """The events since the last call."""
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events

    def cancel(self) -> None:
        """Ask the server to stop the run; in a thread, since a lost server lets wait."""
        self._cancelled.set()
        if self._begun:
            threading.Thread(target=self._cancel, name="cancel", daemon=True).start()

    def detach(self) -> None:
        """It is the server's work: it continues in any case."""

    def leave(self) -> None:
        """It is the server's work: it continues in any case."""

    def finish(self) -> RunState:
        """How it ended.

        Raises:
            Cancelled: it was stopped.
            ConvonetError: it failed, or the server refuses to tell.
        """
        self._closed.set()
        if self._fault is not None:
            raise self._fault
        if self._state is RunState.CANCELLED:
            raise Cancelled
        if self._state is RunState.FAILED:
            raise (self._run.read().error or Fault()).error()
        if self._state is RunState.INTERRUPTED:
            hint = (
                "Resume the run to continue from its last checkpoint"
                if self._traits.resumable
                else "Start it again"
            )
            raise WorkerError(
                "The process that was working on this run has ended", where=self._run.id, hint=hint
            )
        return self._state

    def close(self) -> None:
        """Follow it no longer; it continues there."""
        self._closed.set()
        if self._stream is not None:
            self._stream.close()
        # Bounded, since closing an interface must not wait for a server.
        self._thread.join(1.0)

    def _work(self) -> None:
        """Begin and follow the run, then fetch its files. Runs in the thread, as does all that it calls."""
        try:
            if self._begin is not None:
                self._patient(self._begin)
                # From here on cancel() asks the server itself; an earlier wish to stop is sent on below.
                self._begun = True
                if self._cancelled.is_set():
                    self._cancel()
            self._state = self._followed()
            self._patient(self._bring)
        except Cancelled:
            self._state = RunState.CANCELLED
        except ConvonetError as error:
            self._fault = error

    def _patient(self, call: Callable[[], T]) -> T:
        """Do something, again and again until the server has answered. Raises Cancelled when that is given up."""
        while True:
            if self._gave_up():
                raise Cancelled
            try:
                return call()
            except ServerLostError:
                self._was_lost = True
                self._tell(StageStarted(stage="waiting", title=_WAITING))
                self._connection.wait(self._gave_up)

    def _gave_up(self) -> bool:
        return self._closed.is_set() or (self._cancelled.is_set() and not self._begun)

    def _followed(self) -> RunState:
        """Listen to the end. What was interrupted when the server ended is continued when it is back."""
        while True:
            state = self._patient(self._listen)
            if state is not RunState.INTERRUPTED:
                return state
            if self._cancelled.is_set():
                return RunState.CANCELLED
            # Only a lost server excuses an interruption: a worker that died is not restarted.
            if not self._was_lost or not self._traits.resumable:
                return state
            # One loss excuses one interruption, so a run that keeps dying is not restarted forever.
            self._was_lost = False
            self._patient(partial(continue_run, self._client, self._run.id))
            self._tell(Warned(message=_AGAIN))

    def _listen(self) -> RunState:
        """Take events until the end."""
        looked = time.monotonic()
        # close() may have come before this stream existed, so _closed is checked once more below.
        self._stream = self._client.events(self._run.id, self._offset)
        if self._closed.is_set():
            self._stream.close()
        for message in self._stream:
            if message.name == "end":
                state = json.loads(message.data)["state"]
                return RunState.CANCELLED if state == "deleted" else RunState(state)
            if message.name == "away":
                break
            self._take(message)
            if self._traits.fills_table and time.monotonic() - looked > _TABLES_SECONDS:
                # Tables are read from the copy, so it has to grow while the work is under way.
                self._mirror.light(self._run.id)
                looked = time.monotonic()
        if self._closed.is_set():
            raise Cancelled
        raise self._client.lose("the server is shutting down")

    def _take(self, message: Message) -> None:
        # A message without an offset must not move the point from which listening continues after a loss.
        self._offset = message.offset or self._offset
        self._events.append(read_event(json.loads(message.data)))

    def _tell(self, event: StageStarted | Warned) -> None:
        self._events.append(Stamped(event, time.time(), self._run.id))

    def _bring(self) -> None:
        copy = self._mirror.whole(self._run.id, self._state)
        if self._settle is not None:
            self._settle(copy)

    def _cancel(self) -> None:
        while not self._closed.is_set():
            try:
                self._client.post(f"{self._there}/cancel")
            except ServerLostError:
                self._connection.wait(self._closed.is_set)
            except ConvonetError:
                # It has ended meanwhile.
                return
            else:
                return
