"""HTTP/1.1 as uvicorn speaks it, with an end for clients that do not finish the head of a request."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 15.0
LAST_SECONDS = 0.5
_SENTENCE = b"The head of the request did not come in time"
_ANSWER = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_SENTENCE), _SENTENCE)
)


class GuardedProtocol(H11Protocol):
    """Closes a connection whose next request has begun, or never begins, and does not come.

    When the server ends, a connection is closed by the answer to its next request, which says so (`Leaving`), or when
    none comes for a moment. Closed at once, it might be closed just while its client sends that request.
    """

    head_seconds = HEAD_SECONDS
    last_seconds = LAST_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a request within some seconds."""
        super().connection_made(transport)
        self._late: asyncio.TimerHandle | None = None
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that has begun must end in time, however slowly its bytes come."""
        super().data_received(data)
        if self._in_request():
            self._forget()
        elif self._late is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._forget()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server ends: the connection does too, after the request that is under way or may just be coming."""
        if self._in_request():
            super().shutdown()
        else:
            self.loop.call_later(self.last_seconds, self._end)

    def _end(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()

    def _in_request(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _await_head(self) -> None:
        self._late = self.loop.call_later(self.head_seconds, self._give_up)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        # The timer may fire while an answer is being written.
        if self._in_request() or self.transport.is_closing():
            return
        self.transport.write(_ANSWER)
        self.transport.close()
