"""Whether the server answers: looked at all the time, tried again after growing pauses, told in one sentence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from convonet.session.remote.errors import ServerLostError

BEAT_SECONDS = 5.0
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each try; the last one again and again."""

_BACK_SECONDS = 6.0
_LOOK_SECONDS = 0.1
_CLOSE_SECONDS = 1.0


class Connection:
    """The state of the connection to one server. May be used from any thread.

    Args:
        name: what a person calls the server.
        probe: asks it something small; raises ServerLostError when it does not answer.
    """

    def __init__(self, name: str, probe: Callable[[], object]) -> None:
        self.name = name
        self._probe = probe
        self._reason: str | None = None
        self._tries, self._next = 0, 0.0
        self._back_at: float | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._watch_over, name=f"connection-{name}", daemon=True)
        self._thread.start()

    @property
    def is_lost(self) -> bool:
        """Whether the server did not answer when it was last asked."""
        return self._reason is not None

    def lose(self, error: ServerLostError) -> None:
        """Say that a request was not answered; from now on the server is tried again."""
        with self._changed:
            # Several requests may fail at once, but only the first starts the pauses.
            if self._reason is None:
                self._reason, self._tries = error.received or "no response", 0
                self._plan()
                self._changed.notify_all()

    def wait(self, given_up: Callable[[], bool]) -> bool:
        """Wait until the server answers; False when `given_up` says so first."""
        while self.is_lost:
            if given_up() or self._closed:
                return False
            with self._changed:
                # Bounded, since nobody notifies when `given_up` becomes true.
                self._changed.wait(_LOOK_SECONDS)
        return not given_up()

    def try_now(self) -> None:
        """Do not wait for the next try."""
        with self._changed:
            self._next = 0.0
            self._changed.notify_all()

    def sentence(self) -> str:
        """For people."""
        if self._reason is not None:
            # The time of the next try is past while the server is being asked.
            seconds = max(round(self._next - time.monotonic()), 0)
            again = f"trying again in {seconds} s" if seconds else "trying again …"
            return f"Connection to {self.name} lost; {again}"
        if self._back_at is not None and time.monotonic() - self._back_at < _BACK_SECONDS:
            return f"Reconnected to {self.name}"
        return f"Connected to {self.name}"

    @property
    def reason(self) -> str:
        """Why the server did not answer; empty while it does."""
        return self._reason or ""

    def close(self) -> None:
        """End the looking."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(_CLOSE_SECONDS)

    def _plan(self) -> None:
        pause = PAUSES[min(self._tries, len(PAUSES) - 1)] if self._reason is not None else BEAT_SECONDS
        self._next = time.monotonic() + pause

    def _watch_over(self) -> None:
        """Ask the server at intervals until `close`. Runs in the thread, as does all that it calls."""
        self._plan()
        while True:
            with self._changed:
                while not self._closed and (left := self._next - time.monotonic()) > 0:
                    self._changed.wait(left)
                if self._closed:
                    return
            self._ask()

    def _ask(self) -> None:
        try:
            # Called without the lock, since a lost server may let it wait for seconds.
            self._probe()
        except ServerLostError as error:
            with self._changed:
                self._tries = self._tries + 1 if self._reason is not None else 0
                self._reason = error.received or "no response"
                self._plan()
        else:
            with self._changed:
                if self._reason is not None:
                    self._back_at = time.monotonic()
                self._reason, self._tries = None, 0
                self._plan()
                self._changed.notify_all()
