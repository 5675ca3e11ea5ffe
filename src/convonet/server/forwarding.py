"""Hands requests on to the control process over its Unix socket, as they come and as they are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from convonet.inference.answers import AnswerOptions
from convonet.runs import Run
from convonet.server.refusals import Refusal
from convonet.server.services import PredictServices

_HOP = frozenset((b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade", b"date"))
"""Headers that concern one connection only (RFC 9110, 7.6.1), and the date, which the server that answers adds."""


class Control:
    """The control process.

    Args:
        socket: path of its Unix socket.
    """

    def __init__(self, socket: str) -> None:
        transport = httpx.AsyncHTTPTransport(uds=socket, limits=httpx.Limits(max_connections=None))
        # No bound on time: a stream of events may be silent for a while, and the control process bounds the rest.
        self._client = httpx.AsyncClient(transport=transport, timeout=None, trust_env=False)

    async def forward(self, request: Request) -> Response:
        """The control process's answer to a request whose body has not been read.

        Raises:
            Refusal: 503, the control process cannot be reached.
        """
        length = request.headers.get("content-length", "0")
        has_body = length != "0" or "transfer-encoding" in request.headers
        # The raw path keeps percent-encoding as sent; the decoded one would turn `%2F` into a separator.
        path = request.scope["raw_path"] + (b"?" + request.url.query.encode() if request.url.query else b"")
        asked = httpx.Request(
            request.method,
            httpx.URL("http://control", raw_path=path),
            headers=[item for item in request.headers.raw if item[0] not in _HOP],
            # A stream without a body would be sent chunked, although the client announced none.
            content=request.stream() if has_body else None,
        )
        try:
            answer = await self._client.send(asked, stream=True)
        except httpx.TransportError as error:
            raise Refusal(
                503,
                "The server is starting or shutting down",
                retry_after=5,
                hint="Try again in a few seconds",
            ) from error
        found = StreamingResponse(_content(answer), answer.status_code)
        # Set after construction, since a dictionary of headers would merge repeated ones such as Set-Cookie.
        found.raw_headers = [(n.lower(), value) for n, value in answer.headers.raw if n.lower() not in _HOP]
        return found

    async def with_keras(
        self, request: Request, parts: PredictServices, run: Run, options: AnswerOptions
    ) -> Response:
        """A prediction that needs Keras: the control process has the queue of runs."""
        return await self.forward(request)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()


async def _content(answer: httpx.Response) -> AsyncIterator[Any]:
    try:
        # Raw bytes, not decoded ones: the content-encoding header is passed on and must still match.
        async for part in answer.aiter_raw():
            yield part
    except httpx.TransportError:
        # The control process has ended. What has come was sent; the client sees that the rest is missing.
        raise OSError("the control process has ended") from None
    finally:
        # Also runs when the client leaves, so that the connection to the control process is released.
        await answer.aclose()
