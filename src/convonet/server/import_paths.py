"""Names of files that a browser or an archive brings along: a place below one folder, or refused with a reason."""

from __future__ import annotations

import unicodedata

from convonet.data.names import is_hidden, is_image_name
from convonet.text import file_name, has_controls

_MOST_PARTS = 12
_MOST_LENGTH = 400
_NOISE = frozenset({"thumbs.db", "desktop.ini"})
_TABLES = (".csv", ".tsv")


class PathRefusedError(ValueError):
    """A name that is not taken; the message is the reason."""


def is_noise(text: str) -> bool:
    """Whether a file is the system's or an editor's, which nobody means to bring along."""
    parts = text.replace("\\", "/").split("/")
    return any(is_hidden(part) and part not in (".", "..") for part in parts) or parts[-1].lower() in _NOISE


def safe_path(text: str) -> str:
    """The path relative to the new folder, with forward slashes.

    Args:
        text: as the client or the archive gives it.

    Raises:
        PathRefusedError: it leads elsewhere, is no file name on every system, or is neither an image nor a table.
    """
    # macOS sends decomposed letters; one name must not be two files.
    text = unicodedata.normalize("NFC", text)
    if not text or len(text) > _MOST_LENGTH:
        raise PathRefusedError(f"its path is empty or longer than {_MOST_LENGTH} characters")
    if text.startswith("/") or "\\" in text or has_controls(text):
        raise PathRefusedError("its path is not a plain relative path")
    parts = text.split("/")
    if len(parts) > _MOST_PARTS:
        raise PathRefusedError(f"it is nested more than {_MOST_PARTS} folders deep")
    # What one system takes for a name, another takes for a drive, a device or a parent folder.
    if any(part in ("", ".", "..") or file_name(part) != part for part in parts):
        raise PathRefusedError("part of its path is not a valid file name on some operating systems")
    if not is_image_name(parts[-1]) and not parts[-1].lower().endswith(_TABLES):
        raise PathRefusedError("not an image type")
    return text
