"""One request to a server, made in a thread and followed like any other work."""

from __future__ import annotations

import threading
from collections.abc import Callable

from convonet.errors import Cancelled, ConvonetError
from convonet.event_lines import Stamped
from convonet.events import RunState


class RemoteCall:
    """The `JobHandle` of a request.

    Args:
        function: done once.
    """

    def __init__(self, function: Callable[[], None]) -> None:
        self._function = function
        self._fault: ConvonetError | None = None
        self._left = threading.Event()
        # A daemon, so that a server that does not answer cannot keep this process from ending.
        self._thread = threading.Thread(target=self._work, name="remote-call", daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether it is under way and awaited."""
        return self._thread.is_alive() and not self._left.is_set()

    def poll(self) -> list[Stamped]:
        """It reports nothing."""
        return []

    def cancel(self) -> None:
        """Wait for it no longer."""
        self._left.set()

    def detach(self) -> None:
        """It ends with this process."""

    def leave(self) -> None:
        """Wait for it no longer."""
        self._left.set()

    def finish(self) -> RunState:
        """How it ended.

        Raises:
            Cancelled: nobody waits for it.
            ConvonetError: what it raised.
        """
        if self._thread.is_alive():
            raise Cancelled
        if self._fault is not None:
            raise self._fault
        return RunState.DONE

    def _work(self) -> None:
        try:
            self._function()
        except ConvonetError as error:
            self._fault = error
