"""Speaks to a Convonet server: JSON, files and the stream of events. Only Python's own library is used."""

from __future__ import annotations

import contextlib
import http.client
import json
import secrets
import shutil
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

from convonet.atomic import replacing
from convonet.errors import ConvonetError, InputError, error_from_dict

if TYPE_CHECKING:
    from convonet.session.remote.connection import Connection

_PREFIX = "/api/v1"
_CONNECT_SECONDS = 4.0
_ANSWER_SECONDS = 60.0
_STREAM_SECONDS = 40.0
# The server closes connections that are idle for 15 seconds.
_IDLE_SECONDS = 10.0
_IDLE_KEPT = 4
_BATCH_BYTES, _BATCH_FILES, _MOST_BATCHES = 24 * 2**20, 500, 18
"""Of images that are sent in one request; the server keeps what the last twenty have brought."""
_LEAVING = (502, 503, 504)
"""What a server that is about to end, or a gateway before one that has ended, answers."""


class ServerLostError(ConvonetError):
    """The server cannot be reached, or went away while it answered."""


class Message(NamedTuple):
    """One server-sent event: its name (empty for a run's own), its data, and the offset behind it."""

    name: str
    data: str
    offset: int | None


class Client:
    """Asks one server. May be used from any thread.

    The token goes to this address only: no redirect is followed and no proxy is asked.

    Args:
        url: such as `http://gpu:8765`.
        token: for servers that want one.

    Attributes:
        connection: told when the server does not answer; while it is lost, requests fail at once.

    Raises:
        InputError: no address of a server.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urllib.parse.urlsplit(url)
        try:
            known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            known = False
        if not known:
            raise InputError(
                "This is no address of a server",
                where="--server",
                expected="such as http://host:8765",
                received=url,
            )
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._secure else 80)
        self._prefix = parts.path.rstrip("/") + _PREFIX
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self.name = f"{parts.hostname}_{self._port}"
        self.connection: Connection | None = None
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._idle: list[tuple[float, http.client.HTTPConnection]] = []
        self._busy: WeakSet[http.client.HTTPConnection] = WeakSet()
        self._closed = False
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Host and port, as a person calls them."""
        return f"{self._host}:{self._port}"

    def get(self, path: str, /, **query: Any) -> Any:
        """A JSON document. Raises ConvonetError, with the server's own words where it has refused."""
        return json.loads(self.read(path, **query))

    def post(self, path: str, body: Any = None) -> Any:
        """What the server answers to a JSON body; None for an empty answer."""
        content = self._ask("POST", path, json.dumps(body or {}).encode(), "application/json")
        return json.loads(content) if content else None

    def delete(self, path: str) -> None:
        """Delete what is there."""
        self._ask("DELETE", path)

    def read(self, path: str, /, **query: Any) -> bytes:
        """The bytes of an answer."""
        return self._ask("GET", _with(path, query))

    def download(self, path: str, target: Path, /, **query: Any) -> None:
        """Write an answer into a file, whole or not at all. Raises OutputError, StorageError too."""
        with replacing(target) as temporary, temporary.open("wb") as file:
            used, answer = self._sent("GET", _with(path, query))
            try:
                shutil.copyfileobj(answer, file, 2**20)
                if answer.length:
                    raise http.client.IncompleteRead(b"", answer.length)
            except (OSError, http.client.HTTPException) as error:
                used.close()
                raise self._lost(error) from error
            self._keep(used, answer)

    def ping(self) -> None:
        """Ask whether the server is there, even if it is taken for lost. Raises ServerLostError."""
        try:
            with contextlib.closing(self._opened()) as used:
                used.request("GET", f"{self._prefix}/health")
                answer = used.getresponse()
                answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise _silent(self.url, error) from error
        if answer.status in _LEAVING:
            raise _silent(self.url, OSError(answer.reason))

    def upload(self, files: Sequence[Path]) -> list[str]:
        """Bring images along, in as many requests as their size asks for; their paths there, in the same order.

        Raises:
            InputError: one cannot be read, or they are more than the server keeps.
        """
        batches = list(_batches(files))
        if len(batches) > _MOST_BATCHES:
            raise InputError(
                "These images are too many to be sent",
                expected=f"at most {_MOST_BATCHES * _BATCH_BYTES // 2**20} MiB",
                hint="Copy them below the server's root, and choose them there",
            )
        paths: list[str] = []
        for batch in batches:
            mark = secrets.token_hex(16)
            body = b"".join([*(_part(mark, file) for file in batch), f"--{mark}--\r\n".encode()])
            content = self._ask("POST", "/uploads", body, f"multipart/form-data; boundary={mark}")
            paths += json.loads(content)["paths"]
        return paths

    def events(self, run: str, offset: int) -> EventStream:
        """The events of a run from an offset on, until the run has ended or the server goes away.

        Raises:
            ServerLostError: the server does not answer; iterating raises it too. Begin again with the last offset.
        """
        headers = {"Last-Event-ID": str(offset)} if offset else {}
        used, answer = self._sent("GET", f"/runs/{quoted(run)}/events?thin=true", headers=headers, fresh=True)
        return EventStream(used, answer, self._lost)

    def lose(self, reason: str) -> ServerLostError:
        """Take the server for lost; the error to raise."""
        return self._lost(OSError(reason))

    def close(self) -> None:
        """Ask nothing any longer; requests that wait for an answer end at once, as if it were lost."""
        self._drop_idle()
        with self._lock:
            self._closed = True
            for used in self._busy:
                _hang_up(used.sock)

    # One request

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        used, answer = self._sent(method, path, body, {"Content-Type": kind} if kind else {})
        try:
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            used.close()
            raise self._lost(error) from error
        self._keep(used, answer)
        return content

    def _sent(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        fresh: bool = False,
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """The connection and the head of the answer, which is no refusal."""
        if self.connection is not None and self.connection.is_lost:
            raise _silent(self.url, OSError(self.connection.reason))
        try:
            used = (None if fresh else self._idle_one()) or self._opened()
        except OSError as error:
            raise self._lost(error) from error
        try:
            used.sock.settimeout(_ANSWER_SECONDS)
            used.request(method, f"{self._prefix}{path}", body, self._headers | (headers or {}))
            answer = used.getresponse()
            content = answer.read() if answer.status >= 300 else b""
        except (OSError, http.client.HTTPException) as error:
            used.close()
            raise self._lost(error) from error
        if answer.status >= 300:
            used.close()
            raise self._refusal(answer, content)
        return used, answer

    def _opened(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        made = kind(self._host, self._port, timeout=_CONNECT_SECONDS)
        made.connect()
        with self._lock:
            self._busy.add(made)
            closed = self._closed
        if closed:
            made.close()
            raise OSError("closed")
        return made

    def _drop_idle(self) -> None:
        with self._lock:
            for _, used in self._idle:
                used.close()
            self._idle.clear()

    def _idle_one(self) -> http.client.HTTPConnection | None:
        with self._lock:
            while self._idle:
                since, used = self._idle.pop()
                if time.monotonic() - since < _IDLE_SECONDS and used.sock is not None:
                    return used
                used.close()
        return None

    def _keep(self, used: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        with self._lock:
            if not answer.will_close and len(self._idle) < _IDLE_KEPT:
                self._idle.append((time.monotonic(), used))
                return
        used.close()

    def _lost(self, error: Exception) -> ServerLostError:
        """What to raise when there was no answer; nothing idle is trusted any longer."""
        self._drop_idle()
        found = _silent(self.url, error)
        if self.connection is not None:
            self.connection.lose(found)
        return found

    def _refusal(self, answer: http.client.HTTPResponse, content: bytes) -> ConvonetError:
        """The server's own error, as it stands in its problem document."""
        if answer.status in _LEAVING:
            return self._lost(OSError(answer.reason))
        try:
            found = json.loads(content)["error"]
        except (ValueError, KeyError, TypeError):
            found = None
        if isinstance(found, dict):
            return error_from_dict(found)
        return ConvonetError(
            "This is no Convonet server",
            where=self.url,
            received=f"{answer.status} {answer.reason}",
            hint="Give the address that `convonet serve` prints",
        )


class EventStream:
    """Messages as they come. `close` may be called from another thread: the reading ends at once.

    Args:
        lost: makes the error of a connection that broke.
    """

    def __init__(
        self,
        used: http.client.HTTPConnection,
        answer: http.client.HTTPResponse,
        lost: Callable[[Exception], ServerLostError],
    ) -> None:
        self._used, self._answer, self._lost = used, answer, lost
        self._socket: socket.socket | None = used.sock
        self._is_closed = False
        if self._socket is not None:
            # The server says at least every 15 seconds that it is there.
            self._socket.settimeout(_STREAM_SECONDS)

    def __iter__(self) -> Iterator[Message]:
        try:
            yield from _messages(line.decode("utf-8") for line in self._answer)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if not self._is_closed:
                raise self._lost(error) from error
        finally:
            self._answer.close()
            self._used.close()

    def close(self) -> None:
        """End the reading."""
        self._is_closed = True
        _hang_up(self._socket)


def _hang_up(used: socket.socket | None) -> None:
    """Let whoever reads from a socket in another thread read its end."""
    if used is not None:
        with contextlib.suppress(OSError):
            used.shutdown(socket.SHUT_RDWR)


def quoted(text: str) -> str:
    """A part of a path."""
    return urllib.parse.quote(text, safe="")


def _with(path: str, query: dict[str, Any]) -> str:
    words = urllib.parse.urlencode({key: value for key, value in query.items() if value is not None})
    return f"{path}?{words}" if words else path


def _silent(url: str, error: Exception) -> ServerLostError:
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return ServerLostError(
        "The server does not answer",
        where=url,
        received=str(words)[:200],
        hint="Work goes on there; it is asked again",
    )


def _batches(files: Sequence[Path]) -> Iterator[list[Path]]:
    """The files in their order, a few at a time; one that is larger than a batch goes alone."""
    batch: list[Path] = []
    size = 0
    for file in files:
        try:
            more = file.stat().st_size
        except OSError as error:
            raise InputError("The image cannot be read", where=file, received=error.strerror) from error
        if batch and (size + more > _BATCH_BYTES or len(batch) == _BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += more
    if batch:
        yield batch


def _part(mark: str, file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError("The image cannot be read", where=file, received=error.strerror) from error
    name = file.name.replace('"', "").replace("\r", "").replace("\n", "")
    head = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
    head += "Content-Type: application/octet-stream\r\n\r\n"
    return head.encode("utf-8", "replace") + content + b"\r\n"


def _messages(lines: Iterator[str]) -> Iterator[Message]:
    name, data, offset = "", "", None
    for line in lines:
        key, _, value = line.rstrip("\r\n").partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            data = value
        elif key == "id":
            offset = int(value)
        elif not key and data:
            yield Message(name, data, offset)
            name, data, offset = "", "", None
