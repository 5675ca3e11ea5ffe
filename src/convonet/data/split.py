"""Which images are held out: stratified, seeded, the same on every machine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from convonet.data.group_split import bits_of, folds_by_group, split_by_group
from convonet.data.listing import Rows
from convonet.errors import ParamError


def split_rows(
    labels: npt.ArrayLike, share: float, seed: int, groups: Rows | None = None
) -> tuple[Rows, Rows]:
    """Hold out a share of every class.

    Each class gives its share to within one image; a class of two images or more has at least one on each
    side, a class of one stays in training.

    Args:
        labels: (N,) indices of classes.
        share: 0 < share < 1, of the images that are held out.
        seed: the same seed gives the same split, whatever else is drawn.
        groups: (N,) a number for each group of images that must stay together; None: each is alone. The share
            of a class is then as close as whole groups allow.

    Returns:
        Rows that stay and rows that are held out, each sorted.

    Raises:
        ParamError: the share is out of range.
        DataError: all images are of one group.
    """
    if not 0 < share < 1:
        raise ParamError.of(
            {"validation_share": f"the fraction held out: expected > 0 and < 1, received {share}"}
        )
    if groups is not None:
        return split_by_group(np.asarray(labels, np.int64), groups, share, seed)
    # The purpose is part of the seed: the split must not be one of the folds, or the two would be related.
    classes = _shuffled_classes(labels, f"split:{seed}")
    held = [rows[:count] for rows, count in zip(classes, _held_counts(classes, share), strict=True)]
    out = np.sort(np.concatenate([*held, np.empty(0, np.int64)]))
    # Sorted on both sides: the order in which images are shown comes from the epoch, not from the split.
    stay = np.setdiff1d(np.arange(len(np.asarray(labels))), out, assume_unique=True)
    return stay.astype(np.int64), out


def stratified_folds(
    labels: npt.ArrayLike, folds: int, seed: int, groups: Rows | None = None
) -> list[tuple[Rows, Rows]]:
    """Cut the images into folds for cross-validation; every class is spread to within one image.

    Args:
        labels: (N,) indices of classes.
        folds: 2 ≤ folds ≤ N. Sizes of folds differ by at most one image.
        groups: as for `split_rows`; sizes then differ as whole groups do.

    Returns:
        For each fold the rows to train with and the rows to test with, each sorted.

    Raises:
        ParamError: fewer than 2 folds, or more than images or groups.
    """
    if groups is not None:
        return folds_by_group(np.asarray(labels, np.int64), groups, folds, seed)
    total = len(np.asarray(labels))
    if not 2 <= folds <= total:
        raise ParamError.of(
            {"folds": f"folds: expected 2 to {total}, the number of images; received {folds}"}
        )
    dealt = np.concatenate(_shuffled_classes(labels, f"folds:{seed}"))
    fold = np.empty(total, np.int64)
    # Dealt like cards, class after class: every class is spread evenly, and the folds end up of one size.
    fold[dealt] = np.arange(total) % folds
    return [(np.flatnonzero(fold != part), np.flatnonzero(fold == part)) for part in range(folds)]


def _shuffled_classes(labels: npt.ArrayLike, purpose: str) -> list[Rows]:
    """The rows of each class in a random order that depends on `purpose` alone."""
    labels = np.asarray(labels, np.int64)
    bits = bits_of(purpose)
    groups = (np.flatnonzero(labels == label) for label in np.unique(labels))
    # Sorting by raw bits: numpy may change how it shuffles from one version to the next.
    return [rows[np.argsort(bits.random_raw(len(rows)), kind="stable")] for rows in groups]


def _held_counts(groups: list[Rows], share: float) -> list[int]:
    """How many of each class are held out: the share, rounded down but for the largest remainders."""
    sizes = np.array([len(group) for group in groups], np.int64)
    wanted = sizes * share
    counts = np.floor(wanted).astype(np.int64)
    spare = round(share * sizes.sum()) - int(counts.sum())
    counts[np.argsort(-(wanted - counts), kind="stable")[: max(spare, 0)]] += 1
    # One on each side wherever a class has two: a class that is never validated has no score.
    counts = np.clip(counts, np.minimum(1, sizes - 1), sizes - 1)
    return [int(count) for count in counts]
