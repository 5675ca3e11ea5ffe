"""Images of a multipart request, kept in memory within bounds; nothing is written to a disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from convonet.server.refusals import Refusal

FIELD = "files"
_MOST_NAME = 512
_MOST_PARTS_BESIDE = 20


@dataclass
class Upload:
    """One file: the name that the client gave, shortened, and its bytes."""

    name: str
    content: bytes


@dataclass
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    content: bytearray = field(default_factory=bytearray)


class _Reader:
    """Takes the parser's callbacks and gathers the parts named `files`."""

    def __init__(self, boundary: bytes, most: int) -> None:
        self.uploads: list[Upload] = []
        self.ended = False
        self._most = most
        self._others = 0
        self._part = _Part()
        names = ("part_begin", "part_data", "part_end", "header_field", "header_value", "header_end", "end")
        callbacks: Any = {f"on_{name}": getattr(self, f"_{name}") for name in names}
        self._parser = MultipartParser(boundary, callbacks)

    def write(self, data: bytes) -> None:
        self._parser.write(data)

    def _part_begin(self) -> None:
        self._part = _Part()

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._part.content += data[start:end]

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end]

    def _header_end(self) -> None:
        part = self._part
        part.headers[bytes(part.header).lower()] = bytes(part.value)
        part.header, part.value = bytearray(), bytearray()

    def _part_end(self) -> None:
        _, options = parse_options_header(self._part.headers.get(b"content-disposition", b""))
        if options.get(b"name") != FIELD.encode():
            self._others += 1
            if self._others > _MOST_PARTS_BESIDE:
                raise Refusal(422, f"Too many parts with a name other than {FIELD}", close=True)
            return
        if len(self.uploads) >= self._most:
            raise Refusal(413, "Too many files in one request", expected=f"at most {self._most}", close=True)
        name = options.get(b"filename", b"").decode("utf-8", "replace")[:_MOST_NAME]
        self.uploads.append(Upload(name or f"image {len(self.uploads) + 1}", bytes(self._part.content)))

    def _end(self) -> None:
        self.ended = True


async def read_uploads(request: Request, most: int, took: Callable[[int], None]) -> list[Upload]:
    """The files of a request.

    Args:
        most: files that are taken.
        took: told of the bytes of each part that has come.

    Raises:
        Refusal: 415 no multipart request, 400 a broken one, 413 too many files, 422 none.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 256:
        raise Refusal(
            415,
            "Images must be sent as multipart/form-data",
            received=ascii(request.headers.get("content-type", "nothing"))[1:-1][:100],
            hint=f"curl -F {FIELD}=@image.png",
        )
    reader = _Reader(boundary, most)
    try:
        async for chunk in request.stream():
            took(len(chunk))
            reader.write(chunk)
    except MultipartParseError as error:
        raise Refusal(400, "The multipart request cannot be read", reason=str(error)[:200]) from error
    if not reader.ended:
        raise Refusal(400, "The multipart request ends before its last boundary")
    if not reader.uploads:
        raise Refusal(422, f"There are no images in the request: no part is named {FIELD}")
    return reader.uploads
