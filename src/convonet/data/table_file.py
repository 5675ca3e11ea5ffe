"""A table as people save it: CSV or TSV in any usual encoding, with any usual separator."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from convonet.data.names import is_image_name
from convonet.errors import DataError
from convonet.text import name as compared
from convonet.text import word

TABLE_SUFFIXES = (".csv", ".tsv")

_SEPARATORS = ",;\t|"
_ROWS_TRIED = 20
_MOST_BYTES = 2**30
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_NAMES = {
    "utf-8-sig": "UTF-8",
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "cp1252": "code page 1252",
}


class TableFile(NamedTuple):
    """The rows of a table by the names of its columns.

    Attributes:
        names: as the header writes them, normalised, all different.
        rows: the cells of each row by name, without blanks around them; a missing one is empty.
        first_line: the number of the first row's line in the file.
        encoding: in words.
    """

    file: Path
    names: tuple[str, ...]
    rows: Sequence[Mapping[str, str]]
    first_line: int = 2
    encoding: str = "UTF-8"


def read_table_file(file: Path) -> TableFile:
    """Read a CSV or TSV file, with a header or without one.

    UTF-8 and UTF-16 are told by their marks or by trying; what is neither is code page 1252, which Excel writes. The
    separator is the one that gives every row as many cells; a first line `sep=;` says it.

    Raises:
        DataError: it cannot be read, or is no text.
    """
    text, encoding = _text(file)
    head, _, rest = text.partition("\n")
    line, separator = 1, None
    if word(head).startswith("sep=") and len(compared(head)) == len("sep=;"):
        text, separator, line = rest, compared(head)[-1], 2
    elif word(head) == "sep=":  # a tab, which `compared` takes for a blank
        text, separator, line = rest, "\t", 2
    try:
        cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator or _separator(file, text)))
    except csv.Error as error:
        raise DataError(f"The table cannot be read: {error}", where=file) from error
    if not cells:
        return TableFile(file, (), (), line + 1, encoding)
    # No header names an image; a first row that does is data.
    has_header = not any(is_image_name(cell.strip()) for cell in cells[0])
    width = max(map(len, cells[:_ROWS_TRIED]))
    head_cells = cells[0] if has_header else [f"column {number}" for number in range(1, width + 1)]
    names = _different(head_cells)
    below = cells[1:] if has_header else cells
    rows = [_row(names, row) for row in below]
    return TableFile(file, names, rows, line + has_header, encoding)


def _row(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    filled = [cell.strip() for cell in cells[: len(names)]]
    return dict(zip(names, [*filled, *[""] * (len(names) - len(filled))], strict=True))


def _different(cells: Sequence[str]) -> tuple[str, ...]:
    """The header's names; one that stands twice, or is empty, gets its number."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        own = compared(cell)
        # Spreadsheets leave empty and repeated headings; every column must have a name to be chosen by.
        names.append(own if own and own not in names else f"{own or 'column'} {number}")
    return tuple(names)


def _text(file: Path) -> tuple[str, str]:
    try:
        with file.open("rb") as stream:
            # One byte more than is allowed: asking for the size first does not help with a device or a
            # growing file.
            content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DataError(f"The table cannot be read: {error.strerror}", where=file) from error
    if len(content) > _MOST_BYTES:
        raise DataError("The table is too large", where=file, expected="at most 1 GiB")
    marked = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
    # Without a mark UTF-16 is told by its zeros: every second byte of a Latin letter is one.
    bare = "utf-16-le" if content[1:40:2].count(0) > 10 else "utf-8"
    # Code page 1252 last: it takes nearly every byte, so it would win over the right one.
    for encoding in (marked,) if marked else (bare, "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # No table holds a zero: this was no text, or text of another encoding.
        if "\0" in text:
            break
        return text, _NAMES[encoding]
    raise DataError(
        "The table is not text in a supported encoding",
        where=file,
        expected="UTF-8, UTF-16 or code page 1252",
        hint="Save it as CSV UTF-8 in your spreadsheet program",
    )


def _separator(file: Path, text: str) -> str:
    """The sign that gives the first rows more than one cell each, and as many."""
    sample = [line for line in text.splitlines()[:_ROWS_TRIED] if line]

    def fitness(separator: str) -> tuple[bool, int, bool]:
        try:
            # Read as CSV, not split: a quoted cell may hold the separator.
            widths = [len(row) for row in csv.reader(sample, delimiter=separator)]
        except csv.Error:
            return False, 0, False
        first = widths[0] if widths else 0
        return first > 1 and set(widths) == {first}, first, separator == own

    own = "\t" if file.suffix.lower() == ".tsv" else ","
    return max(_SEPARATORS, key=fitness)
