"""What sorting leaves: a label table beside the images, and class folders where they are wanted."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

from convonet.atomic import storage_error
from convonet.csv_files import write_csv
from convonet.data.names import natural_key
from convonet.errors import DataError, OutputError
from convonet.sorting.answers import NONE, SKIP

TABLE = "labels.csv"


def write_table(folder: Path, labels: dict[str, str]) -> Path:
    """Write path and label of the images that have a class; other answers are in the log alone."""
    rows = sorted(_classified(labels).items(), key=lambda item: natural_key(item[0]))
    file = folder / TABLE
    write_csv(file, ("path", "label"), rows)
    return file


def read_table(folder: Path) -> dict[str, str]:
    """The labels of a table with the columns path and label; empty where there is none.

    Raises:
        DataError: a table of this name has other columns.
    """
    file = folder / TABLE
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8-sig", newline="") as content:
        reader = csv.DictReader(content)
        if not {"path", "label"} <= set(reader.fieldnames or ()):
            raise DataError(
                "The folder contains a label table with other columns, which sorting would overwrite",
                where=file,
                expected="path and label",
                received=", ".join(reader.fieldnames or ()),
                hint="Rename the file",
            )
        return {row["path"]: row["label"] for row in reader if row["path"] and row["label"]}


def copy_class_folders(folder: Path, labels: dict[str, str], out: Path) -> int:
    """Copy each image that has a class into `out/CLASS`; nothing is moved. Gives how many there are.

    Raises:
        OutputError: something is in the folder already, or a class name cannot be a folder's.
        StorageError: the disk is full.
    """
    classified = _classified(labels)
    if out.exists() and any(out.iterdir()):
        raise OutputError("Class folders can be created only in a new or empty folder", where=out)
    # All names are checked before the first copy, so that a refusal leaves no half-filled folder.
    for name in sorted(set(classified.values())):
        if name in (".", "..") or any(sign in name for sign in ("/", "\\", "\0", os.sep)):
            raise OutputError("The name of this class cannot be the name of a folder", received=name)
    try:
        for path, label in classified.items():
            # The folders stay part of the name, since images in two of them may have the same name.
            target = out / label / path.replace("/", "_")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / path, target)
    except OSError as error:
        raise storage_error(error, out) from error
    return len(classified)


def _classified(labels: dict[str, str]) -> dict[str, str]:
    return {path: label for path, label in labels.items() if label not in (NONE, SKIP)}
