"""Whether every class is among the images that are held out: scores of a class that is not do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from convonet.data.listing import Rows
from convonet.errors import InputError
from convonet.text import alternatives, counted

_MOST_TOLD = 6


def absent_classes(labels: Rows, held: Iterable[Rows], classes: Sequence[str]) -> list[str]:
    """The classes of which one of the held-out parts has no image.

    Args:
        labels: (N,) of all images.
        held: rows of each part.
    """
    absent: set[int] = set()
    for rows in held:
        absent |= set(range(len(classes))) - set(np.unique(labels[rows]).tolist())
    return [classes[label] for label in sorted(absent)]


def absent_sentence(absent: Sequence[str], labels: Rows, classes: Sequence[str], where: str) -> str:
    """For people: which classes are not among the held-out images, and how many images they have."""
    counts = np.bincount(labels, minlength=len(classes))
    parts = [
        f"{name} ({counted(int(counts[classes.index(name)]), 'image')} in total)"
        for name in absent[:_MOST_TOLD]
    ]
    if len(absent) > _MOST_TOLD:
        parts.append(counted(len(absent) - _MOST_TOLD, "more class", "more classes"))
    return f"There is no image of {alternatives(parts)} {where}"


def check_auc(
    wanted: Sequence[str], absent: Sequence[str], labels: Rows, classes: Sequence[str], where: str
) -> None:
    """Refuse a training or search that depends on a score which will not exist.

    Args:
        wanted: the parameters that ask for the area under the ROC curve.
        absent: as `absent_classes` gives them.

    Raises:
        InputError: there are such parameters and such classes.
    """
    if not wanted or not absent:
        return
    raise InputError(
        absent_sentence(absent, labels, classes, where),
        expected=f"an image of every class, as needed for the area under the ROC curve ({', '.join(wanted)})",
        hint="Add images of these classes, remove the classes, or use a different score",
    )
