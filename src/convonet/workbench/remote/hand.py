"""Follows a run on a server in a thread: its events as they come, its files when it has ended."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable

from convonet.errors import Cancelled, ConvonetError, WorkerError, error_from_dict
from convonet.events import RunState, StageStarted, Stamped, read_event
from convonet.runs import Run
from convonet.workbench.remote.client import Client, Message, ServerLostError, quoted
from convonet.workbench.remote.mirror import Mirror, RemoteRun

_AGAIN_SECONDS = 1.0
_TABLES_SECONDS = 2.0
_LOST = "The server does not answer; trying again …"


class RemoteHand:
    """What a `Worker` is for this machine.

    Args:
        settle: called in the thread with the run when it has ended and its files are here.
    """

    def __init__(
        self, client: Client, mirror: Mirror, run: Run, settle: Callable[[Run], None] = lambda run: None
    ) -> None:
        self._client, self._mirror, self._run, self._settle = client, mirror, run, settle
        self._heard: deque[Stamped] = deque()
        self._offset, self._state = 0, RunState.WAITING
        self._fault: ConvonetError | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"follow-{run.id}", daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether the run goes on, or its files are still on their way."""
        return self._thread.is_alive()

    def poll(self) -> list[Stamped]:
        """The events since the last call."""
        heard = []
        while self._heard:
            heard.append(self._heard.popleft())
        return heard

    def cancel(self) -> None:
        """Ask the server to stop the run; in a thread, since a lost server lets wait."""
        threading.Thread(target=self._cancel, name="cancel", daemon=True).start()

    def _cancel(self) -> None:
        while not self._closed.is_set():
            try:
                self._client.post(f"/runs/{quoted(self._run.id)}/cancel")
            except ServerLostError:
                self._closed.wait(_AGAIN_SECONDS)
            except ConvonetError:
                # It has ended meanwhile.
                return
            else:
                return

    def detach(self) -> None:
        """It is the server's work: it goes on in any case."""

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
            raise error_from_dict(self._run.read()["error"] or {})
        if self._state is RunState.INTERRUPTED:
            hint = "Resume goes on from its last checkpoint"
            raise WorkerError("The process that worked on this run is gone", where=self._run.id, hint=hint)
        return self._state

    def leave(self) -> None:
        """Follow it no longer; it goes on there."""
        self._closed.set()

    # In the thread

    def _follow(self) -> None:
        try:
            while not self._closed.is_set() and not self._listen():
                self._closed.wait(_AGAIN_SECONDS)
            if not self._closed.is_set():
                self._fetch_all()
        except ConvonetError as error:
            self._fault = error

    def _listen(self) -> bool:
        """Take events until the end; False when the server went away and is to be asked again."""
        looked = time.monotonic()
        try:
            for message in self._client.events(self._run.id, self._offset):
                if message.name == "end":
                    said = json.loads(message.data)["state"]
                    self._state = RunState(said) if said != "deleted" else RunState.CANCELLED
                    return True
                if message.name == "away" or self._closed.is_set():
                    return False
                self._take(message)
                if time.monotonic() - looked > _TABLES_SECONDS:
                    self._mirror.light(self._run.id)
                    looked = time.monotonic()
        except ServerLostError:
            self._heard.append(Stamped(StageStarted(stage="lost", title=_LOST), time.time(), self._run.id))
        return False

    def _take(self, message: Message) -> None:
        self._offset = message.offset or self._offset
        self._heard.append(read_event(json.loads(message.data)))

    def _fetch_all(self) -> None:
        """The files, in spite of a server that comes and goes."""
        while not self._closed.is_set():
            try:
                copy = self._mirror.whole(self._run.id, str(self._state))
                if isinstance(self._run, RemoteRun):
                    self._run.said = copy.said
                self._settle(copy)
            except ServerLostError:
                self._closed.wait(_AGAIN_SECONDS)
            else:
                return
