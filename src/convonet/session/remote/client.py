"""Speaks to a Convonet server: JSON, files and the stream of events."""

from __future__ import annotations

import json
import ssl
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from convonet.atomic import replacing
from convonet.errors import ConvonetError, InputError, error_from_dict
from convonet.session.remote.errors import ServerLostError, server_lost
from convonet.session.remote.event_stream import EventStream
from convonet.session.remote.sockets import OpenSockets
from convonet.session.remote.uploads import batches, part

if TYPE_CHECKING:
    from convonet.session.remote.connection import Connection

_PREFIX = "/api/v1"
_CONNECT_SECONDS = 4.0
_ANSWER_SECONDS = 60.0
# The server sends something at least every 15 seconds.
_STREAM_SECONDS = 40.0
# The server closes connections that are idle for 15 seconds.
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=4, keepalive_expiry=10.0)
_LEAVING = (502, 503, 504)
"""What a server that is about to end, or a gateway before one that has ended, answers."""


class Client:
    """Asks one server. May be used from any thread.

    The token goes to this address only: no redirect is followed and no proxy is asked.

    Args:
        url: such as `http://gpu:8765`.
        token: for servers that want one.

    Attributes:
        connection: told when the server does not answer; while it is lost, requests fail at once.

    Raises:
        InputError: not the address of a server.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = _address(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self.address = f"{parts.hostname}:{port}"
        self.name = f"{parts.hostname}_{port}"
        self.connection: Connection | None = None
        self._sockets = OpenSockets()
        self._is_closed = False
        # Those that the system trusts, a company's own among them; plain HTTP need not wait for their loading.
        verify = ssl.create_default_context() if parts.scheme == "https" else False
        self._transport = httpx.HTTPTransport(verify=verify, trust_env=False, limits=_LIMITS)
        self._http = httpx.Client(
            base_url=self.url + _PREFIX,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            transport=self._transport,
            trust_env=False,
        )

    def get(self, path: str, /, **query: Any) -> Any:
        """A JSON document. Raises ConvonetError, with the server's own words where it has refused."""
        return json.loads(self.read(path, **query))

    def post(self, path: str, body: Any = None) -> Any:
        """What the server answers to a JSON body; None for an empty answer."""
        content = self._read("POST", path, json=body or {})
        return json.loads(content) if content else None

    def patch(self, path: str, body: Any) -> Any:
        """Change something; the JSON that is answered."""
        return json.loads(self._read("PATCH", path, json=body))

    def delete(self, path: str) -> None:
        """Delete what is there."""
        self._read("DELETE", path)

    def read(self, path: str, /, **query: Any) -> bytes:
        """The bytes of an answer."""
        return self._read("GET", path, params=_given(query))

    def download(self, path: str, target: Path, /, **query: Any) -> None:
        """Write an answer into a file, whole or not at all. Raises OutputError, StorageError too."""
        with replacing(target) as temporary, temporary.open("wb") as file:
            answer = self._send("GET", path, params=_given(query))
            try:
                # Read in pieces, since a model file need not fit in memory.
                for chunk in answer.iter_bytes(2**20):
                    file.write(chunk)
            except httpx.HTTPError as error:
                raise self._lost(error) from error
            finally:
                answer.close()

    def ping(self) -> None:
        """Ask whether the server is there, even if it is taken for lost. Raises ServerLostError."""
        try:
            # Not through _send, which refuses at once while the server is taken for lost.
            answer = self._http.get("/health", timeout=_CONNECT_SECONDS, extensions=self._extensions)
        except httpx.HTTPError as error:
            raise server_lost(self.url, error) from error
        if answer.status_code in _LEAVING:
            raise server_lost(self.url, OSError(answer.reason_phrase))

    def upload(self, files: Sequence[Path]) -> list[str]:
        """Send images, in as many requests as their size asks for; their paths there, in the same order.

        Raises:
            InputError: one cannot be read, or they are more than the server keeps.
        """
        paths: list[str] = []
        for batch in batches(files):
            paths += json.loads(self._read("POST", "/uploads", files=[part(file) for file in batch]))["paths"]
        return paths

    def events(self, run: str, offset: int) -> EventStream:
        """The events of a run from an offset on, until the run has ended or the server goes away.

        Raises:
            ServerLostError: the server does not answer; iterating raises it too. Begin again with the last offset.
        """
        headers = {"Last-Event-ID": str(offset)} if offset else {}
        timeout = httpx.Timeout(_STREAM_SECONDS, connect=_CONNECT_SECONDS)
        path = f"/runs/{quoted(run)}/events?thin=true"
        return EventStream(self._send("GET", path, headers=headers, timeout=timeout), self._lost)

    def lose(self, reason: str) -> ServerLostError:
        """Take the server for lost; the error to raise."""
        return self._lost(OSError(reason))

    def close(self) -> None:
        """Ask nothing any longer; requests that wait for an answer end at once, as if the server were lost."""
        # Set before the sockets are shut down, so that no thread begins another request in between.
        self._is_closed = True
        self._sockets.shut_down()
        self._transport.close()

    @property
    def _extensions(self) -> dict[str, Any]:
        return {"trace": self._sockets.trace}

    def _read(self, method: str, path: str, **options: Any) -> bytes:
        answer = self._send(method, path, **options)
        try:
            return answer.read()
        except httpx.HTTPError as error:
            raise self._lost(error) from error
        finally:
            answer.close()

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The head of an answer that is no refusal; its body is still to be read."""
        if self._is_closed or (self.connection is not None and self.connection.is_lost):
            reason = "closed" if self.connection is None else self.connection.reason
            raise server_lost(self.url, OSError(reason))
        request = self._http.build_request(method, path, extensions=self._extensions, **options)
        try:
            answer = self._http.send(request, stream=True)
            if answer.status_code >= 300:
                answer.read()
        except httpx.HTTPError as error:
            raise self._lost(error) from error
        if answer.status_code >= 300:
            raise self._refusal(answer)
        return answer

    def _lost(self, error: Exception) -> ServerLostError:
        """What to raise when there was no answer."""
        found = server_lost(self.url, error)
        if self.connection is not None:
            self.connection.lose(found)
        return found

    def _refusal(self, answer: httpx.Response) -> ConvonetError:
        """The server's own error, as it stands in its problem document."""
        if answer.status_code in _LEAVING:
            return self._lost(OSError(answer.reason_phrase))
        try:
            # Any program may listen at a mistyped address, so the answer need not be JSON.
            found = answer.json()["error"]
        except (ValueError, KeyError, TypeError):
            found = None
        if isinstance(found, dict):
            return error_from_dict(found)
        return ConvonetError(
            "This is not a Convonet server",
            where=self.url,
            received=f"{answer.status_code} {answer.reason_phrase}",
            hint="Use the address that `convonet serve` prints",
        )


def _address(url: str) -> urllib.parse.SplitResult:
    """The parts of a server's address. Raises InputError."""
    parts = urllib.parse.urlsplit(url)
    try:
        # Reading a port that is not a number raises ValueError.
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise InputError(
            "This is not the address of a server",
            where="--server",
            expected="an address such as http://host:8765",
            received=url,
        )
    return parts


def quoted(text: str) -> str:
    """A part of a path."""
    return urllib.parse.quote(text, safe="")


def _given(query: dict[str, Any]) -> dict[str, Any] | None:
    """The values that are set; httpx takes an empty table for the wish to remove the path's own query."""
    return {name: value for name, value in query.items() if value is not None} or None
