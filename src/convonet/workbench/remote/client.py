"""Speaks to a Convonet server: JSON, files and the stream of events. Only Python's own library is used."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple

from convonet.errors import ConvonetError, InputError, error_from_dict

_PREFIX = "/api/v1"
_SECONDS = 60.0
_STREAM_SECONDS = 40.0


class ServerLostError(ConvonetError):
    """The server cannot be reached, or went away while it answered."""


class Message(NamedTuple):
    """One server-sent event: its name (empty for a run's own), its data, and the offset behind it."""

    name: str
    data: str
    offset: int | None


class Client:
    """Asks one server.

    Args:
        url: such as `http://gpu:8765`.
        token: for servers that want one.

    Raises:
        InputError: no address of a server.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(
                "This is no address of a server",
                where="--server",
                expected="such as http://host:8765",
                received=url,
            )
        self.url = f"{parts.scheme}://{parts.netloc}"
        self.name = f"{parts.hostname}_{parts.port or 80}"
        self._token = token

    def get(self, place: str, /, **query: Any) -> Any:
        """A JSON document. Raises ConvonetError, with the server's own words where it has refused."""
        return json.loads(self.read(place, **query))

    def post(self, path: str, body: Any = None) -> Any:
        """What the server answers to a JSON body; None for an empty answer."""
        content = self._ask("POST", path, json.dumps(body or {}).encode(), "application/json")
        return json.loads(content) if content else None

    def delete(self, path: str) -> None:
        """Delete what is there."""
        self._ask("DELETE", path)

    def read(self, place: str, /, **query: Any) -> bytes:
        """The bytes of an answer."""
        words = urllib.parse.urlencode({key: value for key, value in query.items() if value is not None})
        return self._ask("GET", f"{place}?{words}" if words else place)

    def upload(self, files: Sequence[Path]) -> list[str]:
        """Bring images along; their paths on the server, in the same order."""
        mark = secrets.token_hex(16)
        parts = [_part(mark, file) for file in files]
        body = b"".join([*parts, f"--{mark}--\r\n".encode()])
        content = self._ask("POST", "/uploads", body, f"multipart/form-data; boundary={mark}")
        paths: list[str] = json.loads(content)["paths"]
        return paths

    def events(self, run: str, offset: int) -> Iterator[Message]:
        """The events of a run from an offset on, until the run has ended or the server goes away.

        Raises:
            ServerLostError: the connection broke; begin again with the last offset.
        """
        request = self._request("GET", f"/runs/{quoted(run)}/events?thin=true")
        if offset:
            request.add_header("Last-Event-ID", str(offset))
        try:
            with urllib.request.urlopen(request, timeout=_STREAM_SECONDS) as answer:
                yield from _messages(line.decode("utf-8") for line in answer)
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except (OSError, HTTPException) as error:
            raise self._lost(error) from error

    def _request(
        self, method: str, path: str, body: bytes | None = None, kind: str = ""
    ) -> urllib.request.Request:
        request = urllib.request.Request(f"{self.url}{_PREFIX}{path}", data=body, method=method)
        if kind:
            request.add_header("Content-Type", kind)
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        return request

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        try:
            with urllib.request.urlopen(self._request(method, path, body, kind), timeout=_SECONDS) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except (OSError, HTTPException) as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> ServerLostError:
        return ServerLostError(
            "The server does not answer",
            where=self.url,
            received=str(getattr(error, "reason", error))[:200] or type(error).__name__,
            hint="Work goes on there; the window asks again",
        )


def quoted(text: str) -> str:
    """A part of a path."""
    return urllib.parse.quote(text, safe="")


def _part(mark: str, file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError("The image cannot be read", where=file, received=error.strerror) from error
    name = file.name.replace('"', "").replace("\r", "").replace("\n", "")
    head = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
    return f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n"


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


def _refusal(error: urllib.error.HTTPError) -> ConvonetError:
    """The problem document as the error that it describes."""
    try:
        document = json.loads(error.read())
        return error_from_dict(document["error"])
    except (ValueError, KeyError, TypeError, OSError):
        return ConvonetError("The server refused", where=error.url, received=f"{error.code} {error.reason}")
