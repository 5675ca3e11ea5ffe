"""What a scan gives: the images of one set, their classes, and what was left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from convonet.data.names import natural_key
from convonet.documents.marks import Mark
from convonet.file_stats import STATS, FileStats

Rows = npt.NDArray[np.int64]


class Skipped(NamedTuple):
    """A file that is left out. `path` is relative to the set's root, with forward slashes."""

    path: str
    reason: str


class Row(NamedTuple):
    """One image before it has a place in a listing.

    Attributes:
        stats: as `file_stats` gives them.
        group: what the image belongs to; empty where it stands alone.
        offered: the same by a column that nobody has chosen, but that looks like one.
    """

    path: str
    label: str
    stats: FileStats
    group: str = ""
    offered: str = ""


@dataclass(frozen=True)
class ImageListing:
    """The images of one set. Row i is path i, always.

    Attributes:
        root: the folder that paths are relative to, or the .npz file.
        classes: names; the index is the label. Natural-sorted, or imposed by a model.
        paths: relative to root with forward slashes; in `digits.npz` row 17 is `digits.npz#x_train/17`.
        labels: (N,) int64, index in `classes`.
        stats: (N, 4) int64, what identifies each file without its content; see `file_stats`.
        skipped: what was left out.
        marks: those of the person's marks that were obeyed.
        groups: (N,) the name of what an image belongs to, empty where it stands alone; None: all stand alone.
        offered: (N,) the same by the column `offered_by`, which looks like a patient or another group.
        notes: plain sentences about how the set was read.
    """

    root: Path
    classes: tuple[str, ...]
    paths: tuple[str, ...]
    labels: Rows
    stats: npt.NDArray[np.int64]
    skipped: tuple[Skipped, ...] = ()
    marks: tuple[Mark, ...] = ()
    groups: tuple[str, ...] | None = None
    offered: tuple[str, ...] | None = None
    offered_by: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.paths)

    @classmethod
    def of(cls, root: Path, rows: Sequence[Row], skipped: Iterable[Skipped] = ()) -> ImageListing:
        """A listing whose classes are those of its rows, natural-sorted. The order of rows stays."""
        classes = tuple(sorted({row.label for row in rows}, key=natural_key))
        label_of = {name: index for index, name in enumerate(classes)}
        return cls(
            root,
            classes,
            tuple([row.path for row in rows]),
            np.array([label_of[row.label] for row in rows], np.int64),
            stats_array([row.stats for row in rows]),
            tuple(skipped),
            groups=_named([row.group for row in rows]),
            offered=_named([row.offered for row in rows]),
        )

    def counts(self) -> dict[str, int]:
        """Images per class, zero too."""
        numbers = np.bincount(self.labels, minlength=len(self.classes))
        return dict(zip(self.classes, numbers.tolist(), strict=True))

    def select(self, rows: npt.ArrayLike) -> ImageListing:
        """A listing of some rows, in the order given, with the same classes."""
        rows = np.asarray(rows, np.int64)
        paths = tuple([self.paths[row] for row in rows.tolist()])
        groups, offered = (
            None if names is None else tuple([names[row] for row in rows.tolist()])
            for names in (self.groups, self.offered)
        )
        labels, stats = self.labels[rows], self.stats[rows]
        return replace(self, paths=paths, labels=labels, stats=stats, groups=groups, offered=offered)

    def changed(self, **values: Any) -> ImageListing:
        """A copy with other values."""
        return replace(self, **values)

    def file(self, row: int) -> Path:
        """Where the image of a row is, on this machine."""
        return self.root / self.paths[row]


def stats_array(stats: Sequence[FileStats]) -> npt.NDArray[np.int64]:
    """(N, 4) int64."""
    return np.array(stats, np.int64).reshape(-1, STATS)


def _named(names: Sequence[str]) -> tuple[str, ...] | None:
    return tuple(names) if any(names) else None
