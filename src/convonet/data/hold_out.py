"""Test images for a set that has none: a table beside which no file is moved says which image is of which set."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from convonet.atomic import replacing
from convonet.data.arrays import is_arrays
from convonet.data.listing import ImageListing, Rows
from convonet.data.split import split_rows
from convonet.errors import InputError


def write_hold_out(listing: ImageListing, file: Path, share: float, seed: int = 0) -> int:
    """Write a CSV table of every image with its class and its set; give it as the training images.

    Args:
        listing: the training images.
        file: the table; its paths are relative to its folder.
        share: 0 < share < 1, of each class, that becomes the test set. Images of one group stay together.

    Returns:
        How many test images there are.

    Raises:
        ParamError: the share is out of range.
        InputError: the images lie in an array file, which a table cannot name.
    """
    if is_arrays(listing.root):
        raise InputError("Images of a .npz file cannot be held out by a table", where=listing.root)
    groups = None if listing.groups is None else _numbered(listing.groups)
    _, held = split_rows(listing.labels, share, seed, groups)
    splits = np.full(len(listing), "train", dtype=object)
    splits[held] = "test"
    header = ["path", "label", "split", *(["group"] if listing.groups else [])]
    file.parent.mkdir(parents=True, exist_ok=True)
    # Cells stay as they are: the names of classes must be those of the folders.
    with replacing(file) as temporary, temporary.open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(header)
        writer.writerows(_row(listing, file, index, splits[index]) for index in range(len(listing)))
    return len(held)


def _row(listing: ImageListing, file: Path, index: int, split: str) -> list[str]:
    path = Path(os.path.relpath(listing.file(index), file.parent)).as_posix()
    row = [path, listing.classes[listing.labels[index]], split]
    return row if listing.groups is None else [*row, listing.groups[index]]


def _numbered(names: Sequence[str]) -> Rows:
    """A number for each group; an image without one stands alone."""
    first: dict[str, int] = {}
    numbers = [first.setdefault(name, row) if name else row for row, name in enumerate(names)]
    return np.array(numbers, dtype=np.int64)
