"""Class names from a text file, such as the `labels.txt` beside a model."""

from __future__ import annotations

import re
from pathlib import Path

from convonet.errors import ModelFileError

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
        lines = content.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError("The file of class names cannot be read as UTF-8 text", where=file) from error
    if len(content) > _MAX_BYTES:
        raise ModelFileError("The file of class names is too large", where=file, expected="at most 1 MiB")
    names = [line.strip() for line in lines if line.strip()]
    numbered = [re.fullmatch(r"(\d+)[\s:]+(.+)", name) for name in names]
    if all(match and int(match[1]) == place for place, match in enumerate(numbered)):
        names = [match[2] for match in numbered if match]
    if len(set(names)) != len(names):
        raise ModelFileError("The file of class names names a class twice", where=file)
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
