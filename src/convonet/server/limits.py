"""Bounds of one request: its bytes, whatever it says of itself, and the time that a client may take."""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from convonet.server.refusals import Refusal, problem
from convonet.server.settings import MIB, Limits

_UPLOADS = ("/predict", "/uploads", "/files", "/archive")
"""Ends of the addresses that take images."""


class Bounds:
    """ASGI middleware: refuses bodies that are too large (413) or too slow (408), and clients that do not read."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = scope["path"].endswith(_UPLOADS)
        most = self._limits.upload_bytes if upload else self._limits.body_bytes
        # A client that tells the truth is refused before it sends anything; the others are counted while they send.
        told = Headers(scope=scope).get("content-length", "")
        # Cut off: Python refuses to read a number of thousands of digits.
        if told.isdecimal() and int(told[:20]) > most:
            refusal = too_large(most)
            await problem(refusal.status_code, refusal.error, refusal.headers)(scope, receive, send)
            return
        body = _Body(receive, most, self._limits.read_seconds)
        patient, begun = _patient(send, self._limits.write_seconds), False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await patient(message)

        try:
            await self._app(scope, body.receive, noted)
        except asyncio.CancelledError:
            # What is under way is cancelled when the server ends, and it is told so while it can be.
            # A second response cannot start once the headers of the first are on their way.
            if begun:
                raise
            refusal = Refusal(503, "The server is shutting down", close=True, retry_after=5)
            await problem(refusal.status_code, refusal.error, refusal.headers)(scope, receive, patient)


class _Body:
    """Counts what comes, whatever the headers said."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive, self._most, self._left = receive, most, most
        self._seconds, self._deadline = seconds, time.monotonic() + seconds
        self._whole = False

    async def receive(self) -> Message:
        if self._whole:  # what follows is the news that the client has gone, and that may take for ever
            return await self._receive()
        try:
            # One deadline for the whole body: a byte a second would keep any shorter one from passing.
            async with asyncio.timeout(max(self._deadline - time.monotonic(), 0)):
                message = await self._receive()
        except TimeoutError as error:
            raise Refusal(
                408, f"The request did not arrive within {self._seconds:g} seconds", close=True
            ) from error
        self._left -= len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._left < 0:
            raise too_large(self._most)
        return message


def too_large(most: int) -> Refusal:
    """413: more bytes than are taken."""
    size = f"{most / MIB:g} MiB" if most >= MIB else f"{most:,} bytes"
    return Refusal(413, "The request is too large", expected=f"at most {size}", close=True)


def _patient(send: Send, seconds: float) -> Send:
    async def within(message: Message) -> None:
        try:
            async with asyncio.timeout(seconds):
                await send(message)
        except TimeoutError as error:
            # A client that does not read is one that has gone.
            raise OSError("the client is not reading the response") from error

    return within
