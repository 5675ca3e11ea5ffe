"""CSV files that we write and read: UTF-8, LF, numbers with all their digits, and no cell that a spreadsheet obeys."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from pydantic_core import to_json

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


def write_csv_with_numbers(
    path: Path, header: Sequence[object], rows: Iterable[tuple[Sequence[object], Sequence[float]]]
) -> None:
    """Write a table whose rows end in many numbers, twenty times as fast as cell by cell; errors as `write_csv`.

    Args:
        path: the file.
        header: names of all columns.
        rows: the first cells of each row, and its finite numbers.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(_bytes(csv_content([header])))
        for cells, numbers in rows:
            # Both spell the shortest digits that read back as the same number; this one is not written in Python.
            file.write(b"%b,%b\n" % (_bytes(csv_content([cells])[:-1]), to_json(numbers)[1:-1]))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def csv_content(rows: Iterable[Sequence[object]], separator: str = ",") -> str:
    """The text of such a table, for a clipboard or a document that is written elsewhere."""
    text = io.StringIO()
    _write(text, rows, separator)
    return text.getvalue()


def _write(file: TextIO, rows: Iterable[Sequence[object]], separator: str = ",") -> None:
    writer = csv.writer(_LineFeeds(file), delimiter=separator)
    writer.writerows([csv_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def csv_rows(lines: Iterable[str], first: int | None = None) -> Iterator[list[str]]:
    """The rows of such a table as they were before they were written, the header first.

    Args:
        lines: of the file.
        first: how many cells of each row are wanted; a table of probabilities has one for every class.
    """
    rows = csv.reader(lines) if first is None else _first_cells(iter(lines), first)
    return ([csv_text(cell) for cell in row] for row in rows)


def _first_cells(lines: Iterator[str], first: int) -> Iterator[list[str]]:
    """Only what is wanted of a line is split: of a thousand classes, reading the rest would take seconds."""
    for line in lines:
        # A cell in quotes may hold commas and go on in the next lines.
        if '"' in line:
            yield next(csv.reader(itertools.chain([line], lines)))[:first]
        else:
            text = line.rstrip("\r\n")
            yield text.split(",", first)[:first] if text else []


def csv_records(lines: Iterable[str], columns: Collection[str] | None = None) -> Iterator[dict[str, str]]:
    """The rows below the header, each by the header's names; raises ValueError for a row of another length.

    Args:
        lines: of the file.
        columns: the names that are wanted; None: all.
    """
    reader = csv.reader(lines)
    header = [csv_text(cell) for cell in next(reader, [])]
    wanted = [(i, name) for i, name in enumerate(header) if columns is None or name in columns]
    for row in filter(None, reader):
        if len(row) != len(header):
            raise ValueError(f"expected a row of {len(header)} cells, received {len(row)}.")
        yield {name: csv_text(row[i]) for i, name in wanted}


class _LineFeeds:
    """Ends rows in LF. Left to itself with that, `csv` does not quote a lone CR, which then breaks the row."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")
