"""Where each set is: given by name, or found as a part of what was given for training."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from convonet.data.arrays import ARRAY_SUFFIX, EXPECTED, ArrayPair, array_pair
from convonet.data.names import SPLIT_NAMES, Split, is_hidden, split_of
from convonet.data.table_images import has_images
from convonet.data.tables import TABLE_SUFFIXES, Table, tables_in
from convonet.documents.evaluation import SPLIT_TITLES
from convonet.errors import DataError, nearest
from convonet.events import Watch
from convonet.params import DataParams
from convonet.params.labels import named
from convonet.text import absolute, terminal

__all__ = ["ACCEPTED", "SPLIT_NAMES", "SetLocation", "Split", "location_of", "split_folders"]

ACCEPTED = (
    "a folder with one folder per class, a folder that holds train, val and test, a CSV or TSV file with columns "
    "for path and label, or an .npz file"
)


_CONTROLS = (
    "The path contains control characters. In JSON and in programs, write each backslash twice, "
    "or use forward slashes"
)


class SetLocation(NamedTuple):
    """Where one set is. `table`, with the set that its lines name, or `pair`, where it is not a folder."""

    path: Path
    table: Table | None = None
    split: Split | None = None
    pair: ArrayPair | None = None


def location_of(data: DataParams, split: Split, watch: Watch | None = None) -> SetLocation | None:
    """Where a set is, or None when it was neither given nor found beside the training images.

    Raises:
        DataError: what was given is not there, or is nothing that can be read.
    """
    given, watch = getattr(data, f"{split}_dir"), watch or Watch()
    if given:
        return _part(_existing(given, split), split, data, watch, alone=True)
    if data.train_dir and split != "train":
        return _part(_existing(data.train_dir, "train"), split, data, watch, alone=False)
    return None


def _existing(given: str, split: Split) -> Path:
    path = Path(absolute(given))
    if os.path.exists(path):
        return path
    raise DataError(
        f"There is no such folder or file for {named(f'{split}_dir')}",
        where=terminal(str(path)),
        expected=ACCEPTED,
        hint=_near(path) if str(path).isprintable() else _CONTROLS,
    )


def _near(path: Path) -> str | None:
    """The deepest folder that exists, and the near name in it."""
    missing = path
    while not os.path.exists(missing.parent):
        missing = missing.parent
    if not missing.parent.is_dir():
        return None
    near = nearest(missing.name, [entry.name for entry in missing.parent.iterdir()])
    if near:
        return f"Did you mean {missing.parent / near}?"
    return f"{missing.parent} exists, but contains no {missing.name}"


def _part(path: Path, split: Split, data: DataParams, watch: Watch, *, alone: bool) -> SetLocation | None:
    """The part of a folder or file that is the wanted set. `alone`: it was given for this set."""
    if path.is_dir():
        return _folder_part(path, split, data, watch, alone)
    if path.suffix.lower() in TABLE_SUFFIXES:
        return _table_part(Table.read(path, data), split, alone)
    if path.suffix.lower() == ARRAY_SUFFIX:
        pair = array_pair(path, split, alone=alone)
        return _wanted(pair and SetLocation(path, pair=pair), path, split, alone)
    raise DataError("The file is not a set of images", where=path, expected=ACCEPTED)


def _folder_part(path: Path, split: Split, data: DataParams, watch: Watch, alone: bool) -> SetLocation | None:
    """Folders of sets; a table of the images; or class folders."""
    parts = split_folders(path)
    tables = {} if data.label_pattern else _tables(path, data, watch)
    if tables and not (parts and len(_class_folders(parts["train"])) > 1):
        if None in tables:
            return _table_part(tables[None], split, alone)
        own = tables.get(split)
        return _wanted(None if own is None else _table_part(own, split, alone=True), path, split, alone)
    if not parts:
        return SetLocation(path) if alone else None
    if split not in parts:
        return _wanted(None, path, split, alone)
    own = None if data.label_pattern else _tables(parts[split], data, watch).get(None)
    return SetLocation(parts[split]) if own is None else _table_part(own, split, alone=True)


def _tables(folder: Path, data: DataParams, watch: Watch) -> dict[Split | None, Table]:
    """The table that the images of a folder are listed in, by None, or one for each set; empty where there is none.

    Folders that part the images as the table does stay class folders.

    Raises:
        DataError: there are several, and nothing tells which one is meant.
    """
    found = tables_in(folder, data, watch)
    if len(found) < 2:
        return dict.fromkeys([None], found[0]) if found and not found[0].repeats_folders(watch) else {}
    by_set: dict[Split | None, list[Table]] = {}
    for table in found:
        by_set.setdefault(split_of(table.file.stem), []).append(table)
    if None not in by_set and all(len(tables) == 1 for tables in by_set.values()):
        return {split: tables[0] for split, tables in by_set.items()}
    if len(_class_folders(folder)) > 1:
        return {}
    raise DataError(
        "Several tables list images of this folder",
        where=folder,
        expected="the path of one table instead of its folder",
        received=", ".join(table.file.name for table in found),
        hint=f"Open, for example, {found[0].file}",
    )


def _class_folders(root: Path) -> list[str]:
    """The folders in a folder that hold images."""
    with os.scandir(root) as entries:
        names = [entry.name for entry in entries if not is_hidden(entry.name) and entry.is_dir()]
    return [name for name in names if has_images(root / name, Watch())]


def _table_part(table: Table, split: Split, alone: bool) -> SetLocation | None:
    sets = table.sets()
    # A column `set` with other words than those of sets says something else, unless a person has chosen it.
    if not sets and table.data.split_column is None:
        return SetLocation(table.file, table) if alone else None
    location = SetLocation(table.file, table, split) if split in sets else None
    return _wanted(location, table.file, split, alone)


def _wanted(location: SetLocation | None, path: Path, split: Split, alone: bool) -> SetLocation | None:
    if location is None and alone:
        expected = f"a folder, or a split in the table, named {' or '.join(SPLIT_NAMES[split])}"
        if path.suffix.lower() == ARRAY_SUFFIX:
            expected = EXPECTED
        raise DataError(f"There are no {SPLIT_TITLES[split]} images here", where=path, expected=expected)
    return location


def split_folders(root: Path) -> dict[Split, Path]:
    """The folders of a root that holds the sets, by set; empty when the root's folders are classes.

    A train folder tells it when a val or test folder stands beside it, or nothing else does: so a class
    named "train" among others stays a class.
    """
    try:
        names = [entry.name for entry in os.scandir(root) if entry.is_dir() and not is_hidden(entry.name)]
    except OSError as error:
        raise DataError(f"The folder cannot be opened: {error.strerror}", where=root) from error
    found: dict[Split, Path] = {}
    for name in sorted(names, key=lambda name: (len(name), name)):
        split = split_of(name)
        if split is not None:
            found.setdefault(split, root / name)
    return found if "train" in found and (len(found) > 1 or len(names) == 1) else {}
