"""The sockets of an HTTP client, so that requests which wait for an answer can be ended from another thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any
from weakref import WeakSet


class OpenSockets:
    """Remembers each socket when it is connected; `trace` goes into the extensions of every request.

    Closing an `httpx.Client` or a response closes file descriptors, which wakes no thread that is blocked in a
    read of one: it waits for its timeout. Shutting the socket down lets the read return at once.
    """

    def __init__(self) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._is_shut = False
        self._lock = threading.Lock()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take note of a new connection, or of the encrypted one on top of it."""
        if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        made: socket.socket = info["return_value"].get_extra_info("socket")
        with self._lock:
            self._sockets.add(made)
            # Under the lock, a new socket is either in the set that shut_down copies or seen to be late.
            is_shut = self._is_shut
        if is_shut:
            shut_down(made)

    def shut_down(self) -> None:
        """End every read, now and of connections that are still being made."""
        with self._lock:
            self._is_shut = True
            known = tuple(self._sockets)
        for each in known:
            shut_down(each)


def shut_down(used: socket.socket) -> None:
    """Let whoever reads from a socket in another thread read its end."""
    # It may be closed already, which is as good.
    with contextlib.suppress(OSError):
        used.shutdown(socket.SHUT_RDWR)
