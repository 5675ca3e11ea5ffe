"""The repair list of a set: images whose label is wrong, and images to leave out, in one file beside the data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from convonet.documents.run_record import MarkRow
from convonet.errors import DataError

MARKS_FILE = "convonet-marks.json"
MARKS_VERSION = 1


class Mark(NamedTuple):
    """A correction of an image's label: another class, or None if the image is left out."""

    path: str
    label: str | None

    def row(self) -> MarkRow:
        """The mark as a row of a document."""
        return MarkRow(path=self.path, label=self.label, leave_out=self.label is None)


def marks_file(root: Path) -> Path:
    """The file with the marks of a set; next to the set if the set is a file."""
    return (root if root.is_dir() else root.parent) / MARKS_FILE


def read_marks(root: Path) -> dict[str, Mark]:
    """The marks of a set by path; empty if there is no file.

    Raises:
        DataError: the file cannot be read, is not a list of marks, or has a newer version.
    """
    file = marks_file(root)
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DataError(f"The marks cannot be read: {error}", where=file) from error
    return {mark.path: mark for mark in _marks(value, file)}


def _marks(value: Any, file: Path) -> Iterable[Mark]:
    # The file lies among the person's images, where other programs may have written to it.
    version = value.get("format_version") if isinstance(value, dict) else None
    if version != MARKS_VERSION or not isinstance(value.get("marks"), dict):
        raise DataError(
            "This is not a list of marks",
            where=file,
            expected=f"format version {MARKS_VERSION}",
            received=version,
        )
    for path, mark in value["marks"].items():
        label = mark.get("label") if isinstance(mark, dict) else None
        if not isinstance(label, str) and not (isinstance(mark, dict) and mark.get("leave_out") is True):
            raise DataError(
                f"The mark on {path} cannot be read",
                where=file,
                expected='{"label": CLASS} or {"leave_out": true}',
                received=json.dumps(mark),
            )
        yield Mark(path, label)
