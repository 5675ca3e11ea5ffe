"""What may be wrong with the images of one set, found on its prepared pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from convonet.data.data_prep import PreparedSet
from convonet.data.listing import Rows
from convonet.data.lookalikes import PerceptualHashes, alike_groups, first_alike, members
from convonet.data.oddities import light_of, oddities_of
from convonet.data.shortcuts import Shortcut, cues_of, find_shortcuts
from convonet.events import Watch
from convonet.text import counted


@dataclass(frozen=True)
class Quality:
    """Faults of a set. Paths are relative to its root.

    Attributes:
        near_duplicates: groups of images that look the same though their files differ; of exact duplicates only
            the first stands in them.
        near_conflicts: how many of those groups stand in more than one class.
        dark, bright, blurred, odd_sized: images that stand out.
        shortcuts: classes that can be told without what the image shows.
    """

    near_duplicates: tuple[tuple[str, ...], ...] = ()
    near_conflicts: int = 0
    dark: tuple[str, ...] = ()
    bright: tuple[str, ...] = ()
    blurred: tuple[str, ...] = ()
    odd_sized: tuple[str, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()

    def warnings(self) -> Iterator[str]:
        """A sentence for each kind of fault."""
        if self.near_duplicates:
            more = sum(map(len, self.near_duplicates)) - len(self.near_duplicates)
            yield f"{counted(more, 'image looks', 'images look')} like another image although the files differ"
        if self.near_conflicts:
            some = counted(self.near_conflicts, "group")
            verb = "is" if self.near_conflicts == 1 else "are"
            yield f"{some} of images that look the same {verb} in more than one class"
        words = {"dark": "dark", "bright": "bright", "blurred": "blurred", "odd_sized": "of an unusual size"}
        counts = [f"{len(getattr(self, k)):,} {word}" for k, word in words.items() if getattr(self, k)]
        if counts:
            yield f"Unusual images: {', '.join(counts)}"
        for shortcut in self.shortcuts:
            yield shortcut.sentence()


def quality_of(prepared: PreparedSet, perceptual: PerceptualHashes, watch: Watch | None = None) -> Quality:
    """Check the images of one set.

    Args:
        prepared: the set.
        looks: of its images, in their order.
        watch: asked between blocks.

    Raises:
        Cancelled: the watch says so.
    """
    light = light_of(prepared.images, watch)
    odd = {
        name: _names(prepared, flags) for name, flags in oddities_of(light, prepared.sizes)._asdict().items()
    }
    groups = _near(prepared, perceptual, watch)
    cues = cues_of(prepared.paths, prepared.sizes, light)
    return Quality(
        near_duplicates=tuple(tuple(prepared.paths[row] for row in rows.tolist()) for rows in groups),
        near_conflicts=sum(len(set(prepared.labels[rows].tolist())) > 1 for rows in groups),
        shortcuts=tuple(find_shortcuts(cues, prepared.labels, prepared.classes)),
        **odd,
    )


def near_leaks(
    train: PreparedSet,
    test: PreparedSet,
    perceptual: tuple[PerceptualHashes, PerceptualHashes],
    watch: Watch | None = None,
) -> list[tuple[str, str]]:
    """Test images that look like a training image whose file differs, each with the first such: (train, test).

    Raises:
        Cancelled: the watch says so.
    """
    known = {content.tobytes() for content in train.hashes}
    alike = first_alike(perceptual[0].joined(perceptual[1]), len(train), watch)
    rows = {row - len(train): first for row, first in sorted(alike.items())}
    return [
        (train.paths[first], test.paths[row])
        for row, first in rows.items()
        if test.hashes[row].tobytes() not in known
    ]


def _near(prepared: PreparedSet, perceptual: PerceptualHashes, watch: Watch | None) -> list[Rows]:
    """Groups of rows that look the same, exact duplicates left out but for the first."""
    _, first = np.unique(prepared.hashes, axis=0, return_index=True)
    rows: Rows = np.sort(first).astype(np.int64)
    return [rows[group] for group in members(alike_groups(perceptual.select(rows), watch))]


def _names(prepared: PreparedSet, flags: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    paths: Sequence[str] = prepared.paths
    return tuple(paths[row] for row in np.flatnonzero(flags).tolist())
