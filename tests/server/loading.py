"""Many clients that send predictions one after another over connections that stay open, and never try again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Seen:
    """What the clients saw: how often each status or error came, and the seconds of each answer."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Requests that have been sent and have ended, one way or the other."""
        return sum(self.outcomes.values())


def predict_request(run: str, image: bytes) -> bytes:
    """The bytes of a request with one image."""
    part = b'--b\r\ncontent-disposition: form-data; name="files"; filename="a.png"\r\n\r\n%s\r\n--b--\r\n'
    body = part % image
    head = (
        f"POST /api/v1/runs/{run}/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    return head.encode() + body


async def load(port: int, request: bytes, clients: int, more: Callable[[Seen], bool], seen: Seen) -> None:
    """So many clients, until `more` is false; called before each request."""
    await asyncio.gather(*(_client(port, request, more, seen) for _ in range(clients)))


async def _client(port: int, request: bytes, more: Callable[[Seen], bool], seen: Seen) -> None:
    opened: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while more(seen):
        started = time.perf_counter()
        try:
            if opened is None:
                opened = await asyncio.open_connection("127.0.0.1", port)
            reader, writer = opened
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
        except (OSError, asyncio.IncompleteReadError) as error:
            seen.outcomes[type(error).__name__] += 1
            opened = None
            continue
        seen.outcomes[head.split(b" ", 2)[1].decode()] += 1
        seen.seconds.append(time.perf_counter() - started)
        if b"connection: close" in head:
            writer.close()
            opened = None
    if opened is not None:
        opened[1].close()
