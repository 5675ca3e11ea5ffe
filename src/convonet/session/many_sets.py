"""A folder of sets: each set in it is trained with the same parameters."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from convonet.data.names import natural_key
from convonet.events import Watch
from convonet.params import DataParams
from convonet.session.backend import Images

_OF_ONE_SET = ("train_dir", "val_dir", "test_dir", "class_map", "num_classes")
"""Data parameters that belong to one set alone."""


class FoundSet(NamedTuple):
    """A folder that may be a set.

    Attributes:
        images, classes: of its training images.
        problem: why it cannot be trained on; empty where it can.
    """

    folder: Path
    images: int
    classes: int
    problem: str = ""


def find_sets(images: Images, data: DataParams, folder: Path, watch: Watch) -> list[FoundSet]:
    """Each folder in `folder`, in natural order, listed as a set. Nothing is decoded; for a thread.

    Args:
        data: how images are read.

    Raises:
        Cancelled: the watch says so.
    """
    below = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))]
    return [
        _found(images, data, path, watch) for path in sorted(below, key=lambda path: natural_key(path.name))
    ]


def data_of_set(data: DataParams, folder: Path) -> DataParams:
    """The parameters for one set: how images are read stays, what belongs to another set goes."""
    kept = {name: value for name, value in data.set_values().items() if name not in _OF_ONE_SET}
    return DataParams.of(kept | {"train_dir": str(folder)})


def _found(images: Images, data: DataParams, folder: Path, watch: Watch) -> FoundSet:
    watch.check()
    sets = images.load_sets(data_of_set(data, folder), (), watch)
    error = sets.errors.get("train")
    return FoundSet(folder, sets.images("train"), len(sets.classes), error.what if error else "")
