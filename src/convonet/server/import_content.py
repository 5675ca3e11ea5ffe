"""The files of an upload: each checked and written whole, and the folder among them that holds the classes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from convonet.atomic import storage_error
from convonet.data.names import is_image_name
from convonet.errors import DataError
from convonet.server.batching import image_size
from convonet.server.import_paths import PathRefusedError, is_noise, safe_path
from convonet.server.multipart import Upload
from convonet.server.settings import Limits


def put(content: Path, upload: Upload, limits: Limits) -> str:
    """Write one file into the content of an upload; gives why it was not taken, empty where it was."""
    # Noise is not reported, since nobody chose to upload such files.
    if is_noise(upload.name):
        return ""
    if len(upload.content) > limits.import_file_bytes:
        return "too large"
    try:
        path = content / safe_path(upload.name)
    except PathRefusedError as error:
        return str(error)
    if reason := pixels_wrong(upload.content, upload.name, limits):
        return reason
    # Beside the content folder, not in it, so that a leftover part never counts as received.
    part = content.parent / f"{secrets.token_hex(4)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(upload.content)
        # Only whole files have their names: what a lost connection cut off is sent again.
        os.replace(part, path)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        part.unlink(missing_ok=True)
        return "another file has the same name"
    except OSError as error:
        raise storage_error(error, path) from error
    return ""


def pixels_wrong(content: bytes, name: str, limits: Limits) -> str:
    """Why an image is not taken for its size in pixels; empty where it may be."""
    if not is_image_name(name):
        return ""
    try:
        height, width = image_size(content)
    except DataError:
        return ""  # what cannot be read is listed among the skipped files of the set
    return "too many pixels" if height * width > limits.pixels else ""


def files_of(folder: Path) -> Iterator[Path]:
    """All files below a folder."""
    for at, _, names in os.walk(folder):
        yield from (Path(at) / name for name in names)


def innermost(folder: Path) -> Path:
    """The folder that holds the classes: archives often wrap all in folders with nothing else."""
    while True:
        inside = list(folder.iterdir())
        if (
            len(inside) != 1
            or not inside[0].is_dir()
            or not any(path.is_dir() for path in inside[0].iterdir())
        ):
            return folder
        folder = inside[0]
