"""CSV files that we write and read: UTF-8, LF, numbers with all their digits, and no cell that a spreadsheet obeys."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from convonet.atomic import replacing
from convonet.text import csv_cell, csv_text


def write_csv(path: Path, header: Sequence[object], rows: Iterable[Sequence[object]]) -> None:
    """Write a table, whole or not at all; None is an empty cell.

    Raises:
        OutputError: the folder cannot be written to.
        StorageError: the disk is full.
    """
    # A file name that is no UTF-8 is shown with its bytes escaped rather than losing the table.
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        _write(file, itertools.chain([header], rows))


def csv_content(rows: Iterable[Sequence[object]], separator: str = ",") -> str:
    """The text of such a table, for a clipboard or a document that is written elsewhere."""
    text = io.StringIO()
    _write(text, rows, separator)
    return text.getvalue()


def _write(file: TextIO, rows: Iterable[Sequence[object]], separator: str = ",") -> None:
    writer = csv.writer(_LineFeeds(file), delimiter=separator)
    writer.writerows([csv_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def csv_rows(lines: Iterable[str]) -> Iterator[list[str]]:
    """The rows of such a table as they were before they were written, the header first."""
    return ([csv_text(cell) for cell in row] for row in csv.reader(lines))


def csv_records(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """The rows below the header, each by the header's names; raises ValueError for a row of another length."""
    rows = csv_rows(lines)
    header = next(rows, [])
    return (dict(zip(header, row, strict=True)) for row in rows if row)


class _LineFeeds:
    """Ends rows in LF. Left to itself with that, `csv` does not quote a lone CR, which then breaks the row."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")
