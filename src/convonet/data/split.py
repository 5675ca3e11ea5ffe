"""Which images are held out: stratified, seeded, the same on every machine."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from convonet.data.listing import Rows
from convonet.errors import ParamError


def split_rows(labels: npt.ArrayLike, share: float, seed: int) -> tuple[Rows, Rows]:
    """Hold out a share of every class.

    Each class gives its share to within one image; a class of two images or more has at least one on each
    side, a class of one stays in training.

    Args:
        labels: (N,) places of classes.
        share: 0 < share < 1, of the images that are held out.
        seed: the same seed gives the same split, whatever else is drawn.

    Returns:
        Rows that stay and rows that are held out, each sorted.

    Raises:
        ParamError: the share is out of range.
    """
    if not 0 < share < 1:
        raise ParamError.of(
            {"validation_share": f"the share held out: expected > 0 and < 1, received {share}"}
        )
    groups = _shuffled_classes(labels, f"split:{seed}")
    held = [group[:count] for group, count in zip(groups, _held_counts(groups, share), strict=True)]
    out = np.sort(np.concatenate([*held, np.empty(0, np.int64)]))
    stay = np.setdiff1d(np.arange(len(np.asarray(labels))), out, assume_unique=True)
    return stay.astype(np.int64), out


def stratified_folds(labels: npt.ArrayLike, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Cut the images into folds for cross-validation; every class is spread to within one image.

    Args:
        labels: (N,) places of classes.
        folds: 2 ≤ folds ≤ N. Sizes of folds differ by at most one image.

    Returns:
        For each fold the rows to train with and the rows to test with, each sorted.

    Raises:
        ParamError: fewer than 2 folds, or more than images.
    """
    total = len(np.asarray(labels))
    if not 2 <= folds <= total:
        raise ParamError.of(
            {"folds": f"folds: expected 2 to {total}, the number of images; received {folds}"}
        )
    dealt = np.concatenate(_shuffled_classes(labels, f"folds:{seed}"))
    fold = np.empty(total, np.int64)
    fold[dealt] = np.arange(total) % folds
    return [(np.flatnonzero(fold != part), np.flatnonzero(fold == part)) for part in range(folds)]


def _shuffled_classes(labels: npt.ArrayLike, purpose: str) -> list[Rows]:
    """The rows of each class in a random order that depends on `purpose` alone."""
    labels = np.asarray(labels, np.int64)
    # Neighbouring seeds give related streams in some generators; a hash of the seed does not. Raw bits are
    # promised to stay the same in every version of numpy, its shuffles are not.
    digest = hashlib.blake2b(purpose.encode(), digest_size=16).digest()
    bits = np.random.PCG64(int.from_bytes(digest, "little"))
    groups = (np.flatnonzero(labels == place) for place in np.unique(labels))
    return [rows[np.argsort(bits.random_raw(len(rows)), kind="stable")] for rows in groups]


def _held_counts(groups: list[Rows], share: float) -> list[int]:
    """How many of each class are held out: the share, rounded down but for the largest remainders."""
    sizes = np.array([len(group) for group in groups], np.int64)
    wanted = sizes * share
    counts = np.floor(wanted).astype(np.int64)
    spare = round(share * sizes.sum()) - int(counts.sum())
    counts[np.argsort(-(wanted - counts), kind="stable")[: max(spare, 0)]] += 1
    counts = np.clip(counts, np.minimum(1, sizes - 1), sizes - 1)
    return [int(count) for count in counts]
