"""Names of files and classes: which are images, which are hidden, and how they are ordered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

from convonet.documents.marks import MARKS_FILE

IMAGE_SUFFIXES = frozenset("png jpg jpeg jpe jfif bmp dib gif tif tiff webp ppm pgm pbm pnm".split())
_NO_CLASSES = frozenset({"__MACOSX", "__pycache__", "@eaDir", "$RECYCLE.BIN", "System Volume Information"})
_DIGITS = re.compile(r"(\d+)", re.ASCII)
_SEPARATORS = re.compile(r"[\s._\-]+")

Split = Literal["train", "val", "test"]

SPLIT_NAMES: Mapping[Split, tuple[str, ...]] = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}
_OF_A_SET = frozenset({"set", "data", "dataset", "images", "imgs", "folder", "split"})

NaturalKey = tuple[list[str | int], str]


def natural_key(name: str) -> NaturalKey:
    """Sorts class2 before class10; names that differ in leading zeros only, by code point."""
    parts: list[str | int] = list(_DIGITS.split(name))
    parts[1::2] = map(int, parts[1::2])
    return parts, name


def is_image_name(name: str) -> bool:
    """Whether a file's suffix, regardless of case, is that of an image type that is read."""
    return name.rpartition(".")[2].lower() in IMAGE_SUFFIXES and "." in name


def is_hidden(name: str) -> bool:
    """Whether a file or folder is the system's, an editor's or ours, not one of the person's images."""
    return name.startswith(".") or name in _NO_CLASSES or name == MARKS_FILE


def split_of(name: str) -> Split | None:
    """The set that a folder, a table or a cell names: `train`, `Training_Set`, `test images`; None for another word."""
    words = [part for part in tokens(name) if part not in _OF_A_SET]
    if len(words) != 1:
        return None
    bare = words[0].removesuffix("set")
    return next((split for split, known in SPLIT_NAMES.items() if words[0] in known or bare in known), None)


def is_text(name: str) -> bool:
    """Whether a name is Unicode text, so that it can be written to a result file."""
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def legible(name: str) -> str:
    """The name with bytes that are no text written as escapes."""
    return (
        name if is_text(name) else name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    )


def plain(name: str) -> str:
    """What is left of a name when letter case, Unicode form and separators do not count."""
    return " ".join(tokens(name))


def tokens(name: str) -> list[str]:
    """The words of a name: `large.cell_T2` → `["large", "cell", "t2"]`."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return [part for part in _SEPARATORS.split(folded) if part]
