"""Splits in which images that belong together stay on one side: of one patient, one recording, one burst.

Groups are dealt out from the largest to the smallest, each to the side that lacks most of its classes. The idea is
that of scikit-learn's StratifiedGroupKFold; the order of groups of one size is drawn from the seed.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from convonet.errors import DataError, ParamError

Rows = npt.NDArray[np.int64]
Members = list[Rows]

_DIGITS = 9


def bits_of(purpose: str) -> np.random.PCG64:
    """Random bits that depend on `purpose` alone.

    Neighbouring seeds give related streams in some generators; a hash of the seed does not. Raw bits are promised to
    stay the same in every version of numpy, its shuffles are not.
    """
    digest = hashlib.blake2b(purpose.encode(), digest_size=16).digest()
    return np.random.PCG64(int.from_bytes(digest, "little"))


def split_by_group(labels: Rows, groups: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Hold out a share; no group stands on both sides.

    Classes are balanced as well as whole groups allow. A class of two or more groups stands on both sides, unless its
    groups are needed for another one.

    Args:
        labels: (N,) indices of classes.
        groups: (N,) a number for each group.
        share: 0 < share < 1, of the images that are held out.

    Returns:
        Rows that stay and rows that are held out, each sorted.

    Raises:
        DataError: all images are of one group.
    """
    members = _members(groups)
    if len(members) < 2:
        raise DataError(
            "All images belong to one group, so none can be held out", expected="two or more groups"
        )
    side = _dealt(labels, members, (1 - share, share), f"group split:{seed}")
    _settle(labels, members, side)
    held = np.zeros(len(labels), np.bool_)
    for index in np.flatnonzero(side).tolist():
        held[members[index]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


def folds_by_group(labels: Rows, groups: Rows, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Cut the images into folds; no group stands in two of them, and no fold is empty.

    Args:
        labels: (N,) indices of classes.
        groups: (N,) a number for each group.
        folds: 2 ≤ folds ≤ number of groups.

    Returns:
        For each fold the rows to train with and the rows to test with, each sorted.

    Raises:
        ParamError: fewer than 2 folds, or more than groups.
    """
    members = _members(groups)
    if not 2 <= folds <= len(members):
        raise ParamError.of(
            {"folds": f"folds: expected 2 to {len(members)}, the number of groups; received {folds}"}
        )
    side = _dealt(labels, members, (1 / folds,) * folds, f"group folds:{seed}")
    _spread(labels, members, side, folds)
    fold = np.empty(len(labels), np.int64)
    for index, rows in enumerate(members):
        fold[rows] = side[index]
    return [(np.flatnonzero(fold != part), np.flatnonzero(fold == part)) for part in range(folds)]


def _members(groups: Rows) -> Members:
    """The rows of each group, in the order of the groups' numbers."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1) if len(order) else []


def _dealt(labels: Rows, members: Members, weights: tuple[float, ...], purpose: str) -> Rows:
    """The side of each group. `weights` are the sides' shares of the images."""
    sizes = np.array([len(rows) for rows in members])
    keys = bits_of(purpose).random_raw(len(members))
    counts = np.bincount(labels).astype(np.float64)
    missing = np.outer(weights, counts)
    side = np.empty(len(members), np.int64)
    # The largest first, while all sides still have room; the small ones then even things out.
    for index in np.lexsort((keys, -sizes)).tolist():
        own = labels[members[index]]
        # What is lacking of its classes, and in all; rounded, so that sums in another order decide nothing.
        wanted = (missing[:, own] / counts[own]).sum(axis=1) + missing.sum(axis=1) * len(own) / len(labels)
        side[index] = np.round(wanted, _DIGITS).argmax()
        np.subtract.at(missing[side[index]], own, 1)
    return side


def _settle(labels: Rows, members: Members, side: Rows) -> None:
    """Move small groups until a class of two or more groups stands on both sides, where that is possible."""
    sizes = np.array([len(rows) for rows in members])
    own = [np.unique(labels[rows]) for rows in members]
    present = np.zeros((2, int(labels.max()) + 1), np.int64)
    for index, classes in enumerate(own):
        present[side[index], classes] += 1

    def move(indices: list[int], to: int) -> None:
        index = min(indices, key=sizes.__getitem__)
        present[side[index], own[index]] -= 1
        present[to, own[index]] += 1
        side[index] = to

    for label in np.flatnonzero(present.sum(axis=0) >= 2).tolist():
        for lacking in (0, 1):
            if present[lacking, label]:
                continue
            there = [index for index, classes in enumerate(own) if label in classes]
            # Only a group whose other classes stay behind on its side: mending one class must not break
            # another.
            spare = [index for index in there if (present[1 - lacking, own[index]] > 1).all()]
            if spare:
                move(spare, lacking)
    for lacking in (0, 1):
        if not (side == lacking).any():
            move(list(range(len(members))), lacking)


def _spread(labels: Rows, members: Members, side: Rows, folds: int) -> None:
    """Move small groups until a class of as many groups as folds stands in each fold, where that takes none away."""
    sizes = np.array([len(rows) for rows in members])
    own = [np.unique(labels[rows]) for rows in members]
    present = np.zeros((folds, int(labels.max()) + 1), np.int64)
    for index, classes in enumerate(own):
        present[side[index], classes] += 1
    for label in np.flatnonzero(present.sum(axis=0) >= folds).tolist():
        for lacking in np.flatnonzero(present[:, label] == 0).tolist():
            spare = [
                index
                for index, classes in enumerate(own)
                if label in classes and (present[side[index], classes] > 1).all()
            ]
            if spare:
                index = min(spare, key=sizes.__getitem__)
                present[side[index], own[index]] -= 1
                present[lacking, own[index]] += 1
                side[index] = lacking
