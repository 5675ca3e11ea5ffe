"""Which images of a prepared set stay together in a split: those of one group, and those that look the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convonet.data.data_prep import PreparedSet
from convonet.data.listing import Rows
from convonet.data.lookalikes import alike_groups, joined, perceptual_hashes
from convonet.data.split import split_rows
from convonet.events import Watch
from convonet.params import DataParams


def rows_together(prepared: PreparedSet, data: DataParams, watch: Watch | None = None) -> Rows | None:
    """A number for each image: those with one number must stay together in a split.

    Args:
        prepared: the set that is to be split.
        data: whether images that look the same stay together too.

    Returns:
        (N,), or None where every image stands alone.

    Raises:
        Cancelled: the watch says so.
    """
    names = prepared.listing.groups
    if names is None and not data.alike_together:
        return None
    together = np.arange(len(prepared), dtype=np.int64)
    if names is not None:
        together = joined(together, _links(names))
    if data.alike_together:
        together = joined(together, _links([content.tobytes() for content in prepared.hashes]))
        alike = alike_groups(perceptual_hashes(prepared.images, watch), watch)
        together = joined(together, np.stack([np.arange(len(alike)), alike], axis=1))
    return together


def held_out_rows(prepared: PreparedSet, data: DataParams, watch: Watch | None = None) -> tuple[Rows, Rows]:
    """The rows that stay for training and those that are held out for validation, as the parameters say.

    Raises:
        DataError: all images belong together.
        Cancelled: the watch says so.
    """
    together = rows_together(prepared, data, watch)
    return split_rows(prepared.labels, data.validation_share, data.split_seed, together)


def _links(names: Sequence[bytes | str]) -> Rows:
    """Pairs that join each row to the first of its name, (pairs, 2); an empty name joins nothing."""
    first: dict[bytes | str, int] = {}
    pairs = [(first.setdefault(name, row), row) for row, name in enumerate(names) if name]
    # With its two columns also where there is no pair at all.
    return np.array([pair for pair in pairs if pair[0] != pair[1]], np.int64).reshape(-1, 2)
