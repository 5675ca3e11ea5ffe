"""Class names from a `labels.txt`."""

from __future__ import annotations

import re
from pathlib import Path

from convonet.errors import ModelFileError

_MAX_BYTES = 2**20


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
    if all(match and int(match[1]) == index for index, match in enumerate(numbered)):
        names = [match[2] for match in numbered if match]
    if len(set(names)) != len(names):
        raise ModelFileError("The file of class names names a class twice", where=file)
    return tuple(names)
