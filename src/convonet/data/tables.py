"""Images listed in a CSV or TSV file: columns with the path, the label, and perhaps the set and the patient."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from convonet.data.label_names import label_names
from convonet.data.listing import ImageListing, Row, Skipped
from convonet.data.names import Split, split_of
from convonet.data.table_columns import Columns, find_columns, split_column
from convonet.data.table_file import TABLE_SUFFIXES, TableFile, read_table_file
from convonet.data.table_images import TableImages, has_images, image_folders
from convonet.errors import DataError, ParamError
from convonet.events import Watch
from convonet.params import DataParams
from convonet.params.labels import named
from convonet.text import counted, path_key

__all__ = ["TABLE_SUFFIXES", "Table", "list_table", "tables_in"]

_LINE = re.compile(r"^line \d+ has ")
_TWO_LABELS = "more than one class in the table"
_MOST_TOLD = 5
_LOOKED_AT = 50


@dataclass(frozen=True)
class Table:
    """A table of images, and the parameters that say what its columns are."""

    content: TableFile
    data: DataParams

    @classmethod
    def read(cls, file: Path, data: DataParams) -> Table:
        """Read a CSV or TSV file.

        Raises:
            DataError: it cannot be read.
        """
        return cls(read_table_file(file), data)

    @property
    def file(self) -> Path:
        """Where it stands."""
        return self.content.file

    @cached_property
    def split(self) -> str | None:
        """The column that says which set an image is of."""
        return split_column(self.content, self.data)

    def sets(self) -> set[Split]:
        """The sets that its column names."""
        if self.split is None:
            return set()
        named = {split_of(cell) for cell in {row[self.split] for row in self.content.rows}}
        return {split for split in named if split is not None}

    def repeats_folders(self, watch: Watch) -> bool:
        """Whether the images stand in folders, and the table gives those of each folder one class of their own."""
        images = self.images(watch)
        columns = find_columns(self.content, self.data, images.holds)
        found = [(images.find(row[columns.path]), columns.label_of(row)) for row in self.some_rows()]
        pairs = {(file[0].rpartition("/")[0], label) for file, label in found if isinstance(file, tuple)}
        folders, labels = ({pair[side] for pair in pairs} for side in (0, 1))
        return "" not in folders and 1 < len(pairs) == len(folders) == len(labels)

    def some_rows(self) -> list[Mapping[str, str]]:
        """A few rows, evenly from all of them."""
        step = max(len(self.content.rows) // _LOOKED_AT, 1)
        return list(self.content.rows[::step][:_LOOKED_AT])

    def images(self, watch: Watch) -> TableImages:
        """Finds the files."""
        folders = image_folders(self.file, self.data.image_dir)
        return TableImages(self.file.parent, folders, watch)


def list_table(table: Table, split: Split | None, watch: Watch) -> ImageListing:
    """The images of a table, in the table's order, each once.

    Args:
        split: the wanted set; lines of no set at all are skipped. None takes every line.

    Raises:
        ParamError: a parameter names a column that is not there.
        DataError: it cannot be told which columns hold the path and the label.
    """
    images = table.images(watch)
    columns = find_columns(table.content, table.data, images.holds)
    reading = _Reading(table, columns, images)
    for number, line in enumerate(table.content.rows, start=table.content.first_line):
        if number % 500 == 0:
            watch.check()
        if (
            split is not None
            and columns.split is not None
            and (named := split_of(line[columns.split])) != split
        ):
            if named is None:
                shown = line[columns.split] or "empty"
                reading.skip(line, number, f"{columns.split} is {shown}, which is not the name of a set")
            continue
        reading.add(line, number)
    return reading.listing()


class _Reading:
    """Collects the rows of a table."""

    def __init__(self, table: Table, columns: Columns, images: TableImages) -> None:
        self._table, self._columns, self._images = table, columns, images
        self._rows: dict[str, Row] = {}
        self._skipped: list[Skipped] = []
        self._again = 0
        self._labels: dict[str, set[str]] = {}

    def skip(self, line: Mapping[str, str], number: int, reason: str) -> None:
        self._skipped.append(Skipped(line[self._columns.path] or f"line {number}", reason))

    def add(self, line: Mapping[str, str], number: int) -> None:
        cell, label = line[self._columns.path], self._columns.label_of(line)
        if not cell:
            self.skip(line, number, f"line {number} has no path")
            return
        found = self._images.find(cell)
        if isinstance(found, str):
            self.skip(line, number, found)
            return
        path, stats = found
        if not label:
            self._skipped.append(Skipped(path, f"line {number} has no label"))
            return
        # Kept for lines that repeat an image too: the second one may contradict the first.
        self._labels.setdefault(path_key(path), set()).add(label)
        if path_key(path) in self._rows:
            self._again += 1
            return
        groups = [line[name] if name else "" for name in (self._columns.group, self._columns.offered)]
        self._rows[path_key(path)] = Row(path, label, stats, *groups)

    def listing(self) -> ImageListing:
        """What was read; a file of two labels is skipped, since nobody can tell which one is right."""
        torn = {key for key, labels in self._labels.items() if len(labels) > 1}
        rows = [row for key, row in self._rows.items() if key not in torn]
        self._skipped += [Skipped(self._rows[key].path, _TWO_LABELS) for key in sorted(torn)]
        # After the contradictions are out: a label that only they have needs no name.
        named = label_names(self._table.file, {row.label for row in rows})
        if named is not None:
            rows = [row._replace(label=named.names[row.label]) for row in rows]
        listing = ImageListing.of(self._table.file.parent, rows, self._skipped)
        notes = tuple(self._notes(torn, None if named is None else named.file.name))
        return listing.changed(notes=notes, offered_by=self._columns.offered or "")

    def _notes(self, torn: set[str], names: str | None) -> Iterator[str]:
        table, columns = self._table.content, self._columns
        if columns.guessed:
            encoding = "" if table.encoding == "UTF-8" else f", read as {table.encoding}"
            yield f"Columns of {table.file.name}{encoding}: {columns.sentence()}"
        elif table.encoding != "UTF-8":
            yield f"{table.file.name} is read as {table.encoding}"
        if names is not None:
            yield f"The class names come from {names}"
        if torn:
            shown = sorted(torn)[0]
            labels = ", ".join(sorted(self._labels[shown]))
            some = (
                f"1 image ({shown}: {labels}) has"
                if len(torn) == 1
                else f"{counted(len(torn), 'image')}, such as {shown} ({labels}), have"
            )
            verb = "is" if len(torn) == 1 else "are"
            yield f"{some} more than one class in the table and {verb} skipped"
        if self._again:
            yield f"{counted(self._again, 'row repeats', 'rows repeat')} an image; each image is used once"
        reasons: dict[str, int] = {}
        for item in self._skipped:
            kind = _LINE.sub("", item.reason)
            reasons[kind] = reasons.get(kind, 0) + 1
        reasons.pop(_TWO_LABELS, None)
        for reason, count in list(reasons.items())[:_MOST_TOLD]:
            yield f"{counted(count, 'row')} of {table.file.name} skipped: {reason}"
        if columns.offered:
            yield (
                f"The column {columns.offered} seems to name the subject of an image, such as a patient: "
                f"set {named('group_column')} to {columns.offered} to keep all images of a subject on one side "
                "of the split"
            )


def tables_in(folder: Path, data: DataParams, watch: Watch) -> list[Table]:
    """The tables in a folder that list images with two classes or more; empty where there are no images."""
    try:
        files = sorted(
            entry.path
            for entry in os.scandir(folder)
            if entry.name.lower().endswith(TABLE_SUFFIXES)
            and not entry.name.startswith(".")
            and entry.is_file()
        )
    except OSError:
        return []
    # Asked first, since reading a table of a million lines takes seconds.
    if not files or not (data.image_dir or has_images(folder, watch)):
        return []
    return [table for file in files if (table := _image_table(Path(file), data, watch)) is not None]


def _image_table(file: Path, data: DataParams, watch: Watch) -> Table | None:
    """A table that names images which are there, and a label for them."""
    try:
        table = Table.read(file, data)
        images = table.images(watch)
        columns = find_columns(table.content, data, images.holds)
    except (DataError, ParamError):
        return None
    labels = {label for row in table.content.rows if (label := columns.label_of(row))}
    there = any(images.holds(row[columns.path]) for row in table.some_rows() if row[columns.path])
    # A folder may hold tables of anything; only one that names its images is meant.
    return table if there and len(labels) > 1 else None
