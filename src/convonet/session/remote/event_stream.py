"""The events of a server's run as they come (server-sent events)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import httpx

from convonet.session.remote.errors import ServerLostError
from convonet.session.remote.sockets import shut_down


class Message(NamedTuple):
    """One server-sent event: its name (empty for a run's own), its data, and the offset behind it."""

    name: str
    data: str
    offset: int | None


class EventStream:
    """Messages as they come. `close` may be called from another thread: the reading ends at once.

    Args:
        response: open, with its body still to be read.
        lost: makes the error of a connection that broke.
    """

    def __init__(self, response: httpx.Response, lost: Callable[[Exception], ServerLostError]) -> None:
        self._response, self._lost = response, lost
        self._is_closed = False

    def __iter__(self) -> Iterator[Message]:
        try:
            yield from messages(lines(self._response.iter_bytes()))
        except (httpx.HTTPError, ValueError) as error:
            if not self._is_closed:
                raise self._lost(error) from error
        finally:
            self._response.close()

    def close(self) -> None:
        """End the reading."""
        # Set first, so that the reading thread does not take this end for a lost server.
        self._is_closed = True
        shut_down(self._response.extensions["network_stream"].get_extra_info("socket"))


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines of UTF-8 text without their ends.

    `Response.iter_lines` also breaks lines at U+2028 and other characters, which may stand in a sentence.
    """
    rest = b""
    for chunk in chunks:
        # Split as bytes, since a chunk may end in the middle of a character.
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8").removesuffix("\r") for line in whole)


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """Server-sent events; comments and unknown fields are skipped."""
    name, data, offset = "", "", None
    for line in lines:
        key, _, value = line.partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            data = value
        elif key == "id":
            offset = int(value)
        elif not key and data:
            yield Message(name, data, offset)
            name, data, offset = "", "", None
