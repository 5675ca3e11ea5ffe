"""Images of this machine for a server: a few in each request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from convonet.errors import InputError

_BATCH_BYTES, _BATCH_FILES, _MOST_BATCHES = 24 * 2**20, 500, 18
"""Of images that are sent in one request; the server keeps what the last twenty have brought."""

Part = tuple[str, tuple[str, bytes, str]]
"""A file of a multipart body: the field, then name, content and type."""


def batches(files: Sequence[Path]) -> list[list[Path]]:
    """The files in their order, a few at a time; one that is larger than a batch goes alone.

    Raises:
        InputError: one cannot be read, or they are more than the server keeps.
    """
    found = list(_batches(files))
    if len(found) > _MOST_BATCHES:
        raise InputError(
            "The images are too large to upload",
            expected=f"at most {_MOST_BATCHES * _BATCH_BYTES // 2**20} MiB",
            hint="Copy them into the server's root folder or a subfolder, then choose that folder",
        )
    return found


def _batches(files: Sequence[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for file in files:
        try:
            more = file.stat().st_size
        except OSError as error:
            raise _unreadable(file, error) from error
        if batch and (size + more > _BATCH_BYTES or len(batch) == _BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += more
    if batch:
        yield batch


def part(file: Path) -> Part:
    """A file as a part of the body. Raises InputError when it cannot be read."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error
    # A name that is not valid Unicode cannot be sent as it is; the server gives files names of its own.
    name = file.name.encode("utf-8", "replace").decode("utf-8")
    return "files", (name, content, "application/octet-stream")


def _unreadable(file: Path, error: OSError) -> InputError:
    return InputError("The image cannot be read", where=file, reason=error.strerror)
