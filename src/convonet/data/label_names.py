"""Names for labels that a table gives as numbers, from a file beside it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from convonet.data.table_file import TABLE_SUFFIXES, read_table_file
from convonet.errors import DataError
from convonet.text import name as compared
from convonet.text import word

_MOST_BYTES = 2**20
_LISTS = ("labels", "classes", "names", "class_names", "label_names", "categories")


class LabelNames(NamedTuple):
    """A name for each number, and the file that gives them."""

    file: Path
    names: Mapping[str, str]


def label_names(table: Path, labels: Collection[str]) -> LabelNames | None:
    """The names of numbered labels; None where labels are no numbers, or not one file beside the table names them.

    A file names them as a JSON object, as a CSV with a column of the numbers and one of names, or as `labels.txt` with
    one name in each line.
    """
    numbers = {number for label in labels if (number := _number(label)) is not None}
    if len(numbers) < len(set(labels)) or not numbers:
        return None
    found = []
    for file in sorted(table.parent.iterdir()):
        names = _names_in(file) if file != table and _is_small(file) else {}
        if numbers <= names.keys() and len(set(names.values())) == len(names):
            found.append(LabelNames(file, {label: names[_number(label) or ""] for label in labels}))
    return found[0] if len(found) == 1 else None


def _number(text: str) -> str | None:
    """A whole number in its plain form: `01` and `1.0` are 1."""
    try:
        value = float(text)
    except ValueError:
        return None
    return str(int(value)) if value.is_integer() else None


def _is_small(file: Path) -> bool:
    try:
        return file.is_file() and file.stat().st_size <= _MOST_BYTES
    except OSError:
        return False


def _names_in(file: Path) -> dict[str, str]:
    """Number → name as a file gives them; empty where it does not."""
    suffix = file.suffix.lower()
    try:
        if suffix == ".json":
            return _of_json(json.loads(file.read_text(encoding="utf-8-sig")))
        if suffix == ".txt" and word(file.stem) in _LISTS:
            lines = [compared(line) for line in file.read_text(encoding="utf-8-sig").splitlines()]
            return {str(index): line for index, line in enumerate(filter(None, lines))}
        if suffix in TABLE_SUFFIXES:
            return _of_table(file)
    except (OSError, ValueError, RecursionError, DataError):
        return {}
    return {}


def _of_json(value: object) -> dict[str, str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return {str(index): compared(item) for index, item in enumerate(value)}
    if not isinstance(value, dict):
        return {}
    pairs = [(str(key), str(item)) for key, item in value.items()]
    if not all(_number(key) is not None for key, _ in pairs):
        pairs = [(item, key) for key, item in pairs]
    return {number: compared(name) for key, name in pairs if (number := _number(key)) is not None}


def _of_table(file: Path) -> dict[str, str]:
    """The first column of numbers, all different, and the first one of other texts, all different."""
    table = read_table_file(file)
    cells = {name: [row[name] for row in table.rows] for name in table.names}
    # Without a header the first name would be taken for one.
    if len(table.names) == 2 and _number(table.names[0]) is not None:
        cells = {name: [name, *column] for name, column in cells.items()}
    different = {name: column for name, column in cells.items() if column and len({*column}) == len(column)}
    numbers = [column for column in different.values() if all(_number(cell) is not None for cell in column)]
    texts = [column for column in different.values() if all(_number(cell) is None for cell in column)]
    if not numbers or not texts:
        return {}
    return {_number(key) or "": compared(name) for key, name in zip(numbers[0], texts[0], strict=True)}
