"""The repair list: images whose label is wrong, and images to leave out, in one file beside the data.

Nothing is moved or renamed. The file stands in the folder that the paths of a set are relative to, and every
reading of the set obeys it; taking a mark away, or the file, brings the set back as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from convonet.atomic import write_json
from convonet.data.listing import ImageListing, Skipped
from convonet.data.names import natural_key
from convonet.documents.marks import MARKS_VERSION, Mark, marks_file
from convonet.errors import DataError, nearest
from convonet.hints import Hint, call
from convonet.text import name as compared
from convonet.text import path_key, relative_path

LEFT_OUT = "marked to be left out"


class Repaired(NamedTuple):
    """A set as its marks make it, and the marks whose image is no longer there."""

    listing: ImageListing
    idle: tuple[Mark, ...]


def resolved_marks(paths: Iterable[str], marks: Mapping[str, Mark]) -> dict[str, Mark]:
    """The marks by the paths of a set, which may write the same path in another way; others stay as they are."""
    if not marks:
        return {}
    known = {path_key(path): path for path in paths}
    found = {}
    for path, mark in marks.items():
        own = known.get(path_key(path)) or known.get(path_key(relative_path(path)), path)
        found[own] = mark._replace(path=own)
    return found


def write_marks(root: Path, marks: Mapping[str, Mark]) -> Path:
    """Write the marks of a set, whole or not at all; without marks the file is taken away.

    Raises:
        OutputError: the folder cannot be written to.
    """
    file = marks_file(root)
    if not marks:
        file.unlink(missing_ok=True)
        return file
    written = {
        path: {"leave_out": True} if marks[path].label is None else {"label": marks[path].label}
        for path in sorted(marks, key=natural_key)
    }
    write_json(file, {"format_version": MARKS_VERSION, "marks": written})
    return file


def obey_marks(listing: ImageListing, marks: Mapping[str, Mark]) -> Repaired:
    """Give marked images their other label, and leave out those that are to be left out.

    Args:
        listing: a set with its own class names.
        marks: by path.

    Raises:
        DataError: a label is no class of the set.
    """
    if not marks:
        return Repaired(listing, ())
    marks = resolved_marks(listing.paths, marks)
    # As people compare names: the mark may come from another system, with other code points.
    label_of = {compared(name): index for index, name in enumerate(listing.classes)}
    row_of = {path: row for row, path in enumerate(listing.paths) if path in marks}
    labels, kept = listing.labels.copy(), np.ones(len(listing), np.bool_)
    for path, row in row_of.items():
        label = marks[path].label
        if label is None:
            kept[row] = False
        elif compared(label) in label_of:
            labels[row] = label_of[compared(label)]
        else:
            raise _unknown_class(label, path, listing)
    obeyed = tuple(marks[path] for path in row_of)
    left_out = tuple(Skipped(mark.path, LEFT_OUT) for mark in obeyed if mark.label is None)
    repaired = listing.changed(labels=labels, marks=obeyed, skipped=(*listing.skipped, *left_out))
    if left_out:
        repaired = repaired.select(np.flatnonzero(kept))
    return Repaired(repaired, tuple(mark for path, mark in marks.items() if path not in row_of))


def _unknown_class(label: str, path: str, listing: ImageListing) -> DataError:
    near = nearest(label, listing.classes)
    return DataError(
        f"The mark on {path} names a class that the set does not have",
        where=marks_file(listing.root),
        expected=", ".join(listing.classes[:12]),
        received=label,
        hint=f"Did you mean {near}?"
        if near
        else Hint.of(
            "Remove the mark with {}",
            call("mark(data, image, undo=True)", "mark DIR IMAGE --undo"),
            window=f"Add a class folder {label}, or delete the mark from the file",
        ),
    )
