"""The images of a search as they travel to whoever trains: a mapped file, and which rows are which fold."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.data.data_prep import PreparedSet
from convonet.data.grouping import rows_together
from convonet.data.split import split_rows, stratified_folds
from convonet.errors import DataError
from convonet.inference.net_input import NetInput
from convonet.params.data_params import DataParams, PixelParams
from convonet.text import counted
from convonet.tuning.units import repeat_seed

Rows = NDArray[np.int64]


class MappedFile(NamedTuple):
    """Pixels in a file that every process maps for itself; the system keeps them once."""

    path: str
    shape: tuple[int, ...]
    offset: int = 0


@dataclass(frozen=True, eq=False)
class FoldData:
    """All that a training on a fold needs to know of the images.

    Attributes:
        source: (N, H, W, C) uint8, or the file that holds them.
        labels: (N,) int64.
        chosen: (M,) the rows that the search takes, sorted.
        net_input: what networks are built for.
        folds: 1 holds out `share` instead.
        seed: of the folds; other repeats have other folds.
        groups: (M,) a number for each chosen image; those of one number stay together.
    """

    source: NDArray[np.uint8] | MappedFile
    labels: Rows
    chosen: Rows
    net_input: NetInput
    folds: int
    share: float
    seed: int
    groups: Rows | None = None

    @classmethod
    def of(
        cls, prepared: PreparedSet, pixels: PixelParams, data: DataParams, *, folds: int, images: int | None
    ) -> FoldData:
        """The images of a prepared set, at most `images` of them.

        Raises:
            DataError: too few images for so many folds.
        """
        labels, together = np.asarray(prepared.labels), rows_together(prepared, data)
        chosen = chosen_rows(labels, images, data.split_seed)
        if len(chosen) < max(folds, 2):
            raise DataError(
                "There are too few images to hold some out",
                where=data.train_dir,
                expected=f"at least {max(folds, 2)}",
                received=counted(len(chosen), "image"),
                hint="Add images or use fewer folds",
            )
        return cls(
            source=_source(prepared.images),
            labels=labels,
            chosen=chosen,
            net_input=NetInput.of(data, pixels, prepared.classes),
            folds=folds,
            share=data.validation_share,
            seed=data.split_seed,
            groups=None if together is None else together[chosen],
        )

    def opened(self) -> NDArray[np.uint8]:
        """The pixels, mapped and read-only."""
        if not isinstance(self.source, MappedFile):
            return self.source
        path, shape, offset = self.source
        return np.memmap(path, np.uint8, "r", offset=offset, shape=shape)

    @property
    def stored_bytes(self) -> int:
        """What the mapped pixels take on disk."""
        return math.prod(self.source.shape) if isinstance(self.source, MappedFile) else 0

    def with_pixels(self) -> FoldData:
        """A copy that holds its pixels itself, for machines that do not see the file."""
        return replace(self, source=np.ascontiguousarray(self.opened()))

    def rows(self, repeat: int, fold: int) -> tuple[Rows, Rows]:
        """Rows to train with and rows that are held out, each sorted; repeat and fold from 1."""
        labels, seed = self.labels[self.chosen], repeat_seed(self.seed, repeat)
        if self.folds == 1:
            kept, held = split_rows(labels, self.share, seed, self.groups)
        else:
            kept, held = stratified_folds(labels, self.folds, seed, self.groups)[fold - 1]
        return self.chosen[kept], self.chosen[held]


def chosen_rows(labels: Rows, limit: int | None, seed: int) -> Rows:
    """At most `limit` rows, every class by its share, the same for the same seed."""
    if limit is None or len(labels) <= limit:
        return np.arange(len(labels))
    return split_rows(labels, limit / len(labels), seed)[1]


def _source(images: NDArray[np.uint8]) -> NDArray[np.uint8] | MappedFile:
    if isinstance(images, np.memmap) and images.filename is not None and images.flags.c_contiguous:
        return MappedFile(str(images.filename), images.shape, int(images.offset))
    return images
