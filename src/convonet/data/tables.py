"""Images listed in a CSV or TSV file: columns with the path, the label, and perhaps the set."""

from __future__ import annotations

import csv
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from convonet.data.listing import ImageListing, Row, Skipped
from convonet.errors import DataError, ParamError, nearest
from convonet.events import Watch

TABLE_SUFFIXES = (".csv", ".tsv")
_PATH_NAMES = ("path", "file", "filename", "filepath", "image")
_LABEL_NAMES = ("label", "class")
_SPLIT_NAMES = ("split", "set", "subset")


class Table(NamedTuple):
    """The lines of a table, and which column is what. `split` is None where there is no such column."""

    path: str
    label: str
    split: str | None
    lines: Sequence[Mapping[str, str | None]]


def read_table(file: Path) -> Table:
    """Read a CSV or TSV file with a header, UTF-8 with or without a byte order mark.

    Raises:
        DataError: not such a file, or the header lacks a path or a label.
    """
    names, lines = _lines(file)
    path, label = _column(names, _PATH_NAMES), _column(names, _LABEL_NAMES)
    if path is None or label is None:
        raise DataError(
            "The table's header does not name a path and a label",
            where=file,
            expected=f"a column {'|'.join(_PATH_NAMES)} and a column {'|'.join(_LABEL_NAMES)}",
            received=", ".join(names) or "an empty file",
        )
    return Table(path, label, _column(names, _SPLIT_NAMES), lines)


def path_column(file: Path) -> list[str]:
    """The paths in a CSV or TSV file with a header that names them, in their order.

    Raises:
        DataError: not such a file.
    """
    names, lines = _lines(file)
    column = _column(names, _PATH_NAMES)
    if column is None:
        raise DataError(
            "The table's header names no path",
            where=file,
            expected=f"a column {'|'.join(_PATH_NAMES)}",
            received=", ".join(names) or "an empty file",
        )
    return [text.strip() for line in lines if (text := line[column])]


def _lines(file: Path) -> tuple[list[str], list[dict[str, str | None]]]:
    """The header and the lines."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            head = stream.readline()
            stream.seek(0)
            reader = csv.DictReader(stream, delimiter=_delimiter(file, head))
            lines = list(reader)
            return list(reader.fieldnames or ()), lines
    except OSError as error:
        raise DataError(f"The table cannot be read: {error.strerror}", where=file) from error
    except UnicodeDecodeError as error:
        raise DataError("The table is not UTF-8 text", where=file) from error
    except csv.Error as error:
        raise DataError(f"The table cannot be read: {error}", where=file) from error


def _delimiter(file: Path, head: str) -> str:
    if file.suffix.lower() == ".tsv":
        return "\t"
    return max(",;\t", key=head.count)


def _column(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    return next((name for want in wanted for name in names if name and name.strip().lower() == want), None)


def list_table(
    file: Path, table: Table, parts: Sequence[str] | None, watch: Watch, group_column: str | None = None
) -> ImageListing:
    """The images of a table, in the table's order.

    Args:
        parts: words in the split column that mean the wanted set; None takes every line.
        group_column: tells what images belong together.

    Raises:
        ParamError: there is no such column.
    """
    names = list(table.lines[0]) if table.lines else []
    if group_column is not None and group_column not in names:
        near = nearest(group_column, [name for name in names if name])
        hint = f" (did you mean {near}?)" if near else ""
        raise ParamError.of(
            {
                "group_column": f"group_column (Group column): expected one of {', '.join(filter(None, names))}, "
                f"received {group_column!r}{hint}"
            },
            file,
        )
    rows: list[Row] = []
    skipped: list[Skipped] = []
    for number, line in enumerate(table.lines, start=2):
        if number % 500 == 0:
            watch.check()
        if parts is not None and (line[table.split or ""] or "").strip().lower() not in parts:
            continue
        row = _row(file.parent, line[table.path], line[table.label], number)
        if isinstance(row, Row):
            rows.append(row._replace(group=(line[group_column] or "").strip()) if group_column else row)
        else:
            skipped.append(row)
    return ImageListing.of(file.parent, rows, skipped)


def _row(root: Path, path: str | None, label: str | None, number: int) -> Row | Skipped:
    path, label = (path or "").strip(), (label or "").strip()
    if not path or not label:
        return Skipped(path or f"line {number}", f"line {number} has no {'label' if path else 'path'}")
    try:
        info = _stat(root, path)
    except (OSError, ValueError):
        return Skipped(path, "no such file")
    if not stat.S_ISREG(info.st_mode):
        return Skipped(path, "not a regular file")
    return Row(path.replace("\\", "/") if os.sep == "\\" else path, label, info.st_size, info.st_mtime_ns)


def _stat(root: Path, path: str) -> os.stat_result:
    return os.stat(os.path.join(root, path))
