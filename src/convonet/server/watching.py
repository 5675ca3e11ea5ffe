"""A line for every request, without its query and headers, and its count."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from convonet.server.metrics import Metrics

_log = logging.getLogger("convonet.access")


class Watching:
    """ASGI middleware: counts requests and writes the access log.

    The log has method, path, status, bytes and time: no query, header or body, so no token.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status, sent = 0, 0

        async def counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            seconds = time.monotonic() - started
            self._metrics.answered(scope["method"], status, seconds)
            client = (scope.get("client") or ("-",))[0]
            # Escaped, so that nobody can write lines of their own into the log.
            path = ascii(scope["path"])[1:-1][:300]
            _log.info(
                "%s %s %s %d %d bytes %.1f ms", client, scope["method"], path, status, sent, 1000 * seconds
            )
