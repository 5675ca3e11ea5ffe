"""Where each set is: given by name, or found as a part of what was given for training."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from convonet.data.arrays import ARRAY_SUFFIX, EXPECTED, ArrayPair, array_pair
from convonet.data.names import is_hidden
from convonet.data.tables import TABLE_SUFFIXES, Table, read_table
from convonet.errors import DataError, nearest
from convonet.params import DataParams

Split = Literal["train", "val", "test"]

SPLIT_NAMES: Mapping[Split, tuple[str, ...]] = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
ACCEPTED = (
    "a folder with one folder per class, a folder that holds train, val and test, a CSV or TSV file of path "
    "and label, or a .npz file"
)


class Place(NamedTuple):
    """Where one set is. `table` with the wanted words, or `pair`, where it is not a folder."""

    path: Path
    table: Table | None = None
    parts: tuple[str, ...] | None = None
    pair: ArrayPair | None = None


def place_of(data: DataParams, split: Split) -> Place | None:
    """Where a set is, or None when it was neither given nor found beside the training images.

    Raises:
        DataError: what was given is not there, or is nothing that can be read.
    """
    given = getattr(data, f"{split}_dir")
    if given:
        return _part(_existing(given, split), split, alone=True)
    if data.train_dir and split != "train":
        return _part(_existing(data.train_dir, "train"), split, alone=False)
    return None


def _existing(given: str, split: Split) -> Path:
    path = Path(os.path.abspath(Path(given).expanduser()))
    if os.path.exists(path):
        return path
    raise DataError(
        f"There is no such folder or file for {split}_dir", where=path, expected=ACCEPTED, hint=_near(path)
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
        return f"Did you mean {missing.parent / near}"
    return f"The folder {missing.parent} is there, {missing.name} in it is not"


def _part(path: Path, split: Split, *, alone: bool) -> Place | None:
    """The part of a folder or file that is the wanted set. `alone`: it was given for this set."""
    if path.is_dir():
        parts = split_folders(path)
        if not parts:
            return Place(path) if alone else None
        return _wanted(Place(parts[split]) if split in parts else None, path, split, alone)
    if path.suffix.lower() in TABLE_SUFFIXES:
        return _table_part(path, split, alone)
    if path.suffix.lower() == ARRAY_SUFFIX:
        pair = array_pair(path, split, alone=alone)
        return _wanted(pair and Place(path, pair=pair), path, split, alone)
    raise DataError("The file is of no kind that holds a set of images", where=path, expected=ACCEPTED)


def _table_part(path: Path, split: Split, alone: bool) -> Place | None:
    table = read_table(path)
    if table.split is None:
        return Place(path, table) if alone else None
    words = {(line[table.split] or "").strip().lower() for line in table.lines}
    names = SPLIT_NAMES[split]
    return _wanted(Place(path, table, names) if words & set(names) else None, path, split, alone)


def _wanted(place: Place | None, path: Path, split: Split, alone: bool) -> Place | None:
    if place is None and alone:
        expected = f"a part named {' or '.join(SPLIT_NAMES[split])}"
        if path.suffix.lower() == ARRAY_SUFFIX:
            expected = EXPECTED
        raise DataError(f"There is no {split} set in it", where=path, expected=expected)
    return place


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
    for split, wanted in SPLIT_NAMES.items():
        name = next((name for want in wanted for name in names if name.lower() == want), None)
        if name is not None:
            found[split] = root / name
    return found if "train" in found and (len(found) > 1 or len(names) == 1) else {}
