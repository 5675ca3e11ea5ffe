"""Class names from a text file, such as the `labels.txt` beside a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from convonet.errors import ModelFileError
from convonet.text import name

_NUMBERED = re.compile(r"([0-9]+)[\s:]+(.+)")
_MAX_BYTES = 2**20
LABELS = "labels.txt"
"""Stands beside models that were made elsewhere, one class a line."""


def read_labels(file: Path) -> tuple[str, ...]:
    """One name a line, or `0 name` as Teachable Machine writes them; empty lines are left out.

    Raises:
        ModelFileError: no such file, too large, not UTF-8, or a class twice.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
        # Not splitlines(), which also breaks at form feeds and at U+2028.
        lines = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError("The file of class names cannot be read as UTF-8 text", where=file) from error
    if len(content) > _MAX_BYTES:
        raise ModelFileError("The file of class names is too large", where=file, expected="at most 1 MiB")
    # Teachable Machine numbers the lines; plain lists do not.
    names = _without_numbers([name(line) for line in lines if name(line)])
    if len(set(names)) != len(names):
        raise ModelFileError("The file of class names contains the same class twice", where=file)
    return tuple(names)


def label_file(model: Path) -> Path | None:
    """The text file with class names beside a model file: `NAME_labels.txt` or `labels.txt`."""
    files = (model.with_name(name) for name in (f"{model.stem}_{LABELS}", LABELS))
    return next((file for file in files if file.is_file()), None)


def labels_beside(model: Path) -> tuple[str, ...]:
    """The class names in the file that `label_file` finds; empty where there is none.

    Raises:
        ModelFileError: see `read_labels`.
    """
    file = label_file(model)
    return () if file is None else read_labels(file)


def labels_text(classes: Sequence[str]) -> str:
    """The content of a `labels.txt` that `read_labels` reads as these names.

    Where the names themselves begin with the numbers 0, 1, 2 …, each line gets its number in front, as Teachable
    Machine writes it; otherwise a line is a name.
    """
    names = [name(each) for each in classes]
    if _without_numbers(names) != names:
        names = [f"{index} {each}" for index, each in enumerate(names)]
    return "".join(f"{each}\n" for each in names)


def _without_numbers(names: list[str]) -> list[str]:
    """The names without the numbers in front, where every line has its own."""
    numbered = [_NUMBERED.fullmatch(each) for each in names]
    if names and all(match and int(match[1]) == index for index, match in enumerate(numbered)):
        return [match[2] for match in numbered if match]
    return names
