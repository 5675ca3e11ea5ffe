"""Can a class be told without looking at what the image shows: from file type, size, border or brightness alone?

A network finds such a shortcut too, and then knows nothing of the thing itself. The check is a naive Bayes
classifier on coarse steps of each property, cross-validated: first each property alone, then all of them together.
Source: R. Geirhos and others, Shortcut Learning in Deep Neural Networks, Nature Machine Intelligence 2 (2020).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from convonet.data.oddities import Light
from convonet.documents.inspection import ShortcutRow
from convonet.metrics import Interval, auc_interval, auc_of_counts, roc_auc

CLAIM_FROM = 0.9
"""A shortcut is claimed where the AUC of one class against the rest is surely this high."""

_STEPS = 16
_FOLDS = 5
_FEWEST = 20
_WORDS = {
    "file_type": "the file type",
    "height": "the height of the image",
    "width": "the width of the image",
    "border": "the brightness of the border",
    "border_evenness": "the uniformity of the border",
    "brightness": "the brightness of the image",
    "all": "the combination of file type, size, border and brightness",
}

Steps = npt.NDArray[np.int64]


class Shortcut(NamedTuple):
    """A class that can be recognized from a property that should not matter.

    Attributes:
        cls: the class' name.
        cue: `file_type`, `height`, `width`, `border`, `border_evenness`, `brightness`, or `all` of them.
        auc: of this class against the rest, out of fold.
        interval: 95 %.
    """

    cls: str
    cue: str
    auc: float
    interval: Interval

    def row(self) -> ShortcutRow:
        """The same in the document of an inspection."""
        return ShortcutRow(class_=self.cls, cue=self.cue, auc=self.auc, auc_interval=self.interval)

    def sentence(self) -> str:
        """For the warnings."""
        return (
            f"Class {self.cls} can be recognized from {_WORDS[self.cue]} alone (AUC {self.auc:.2f}): a network may "
            "learn this instead of what the images show"
        )


def cues_of(paths: Sequence[str], sizes: npt.NDArray[np.int64], light: Light) -> dict[str, Steps]:
    """The properties in coarse steps, (N,) each: equal numbers of images a step where values allow it."""
    types = [PurePosixPath(path).suffix.lower() for path in paths]
    return {
        "file_type": np.unique(types, return_inverse=True)[1].astype(np.int64),
        "height": _stepped(sizes[:, 0].astype(np.float64)),
        "width": _stepped(sizes[:, 1].astype(np.float64)),
        "border": _stepped(light.border),
        "border_evenness": _stepped(light.border_spread),
        "brightness": _stepped(light.mean),
    }


def find_shortcuts(cues: Mapping[str, Steps], labels: Steps, classes: Sequence[str]) -> list[Shortcut]:
    """The shortcut of each class that has one: the property that tells it best, or all where no one does.

    Args:
        cues: from `cues_of`.
        labels: (N,), indices into `classes`.
        classes: those with fewer than 20 images, or all but 20, are not asked.
    """
    evidence = {name: _Evidence.of(steps, labels, len(classes)) for name, steps in cues.items()}
    counts = np.bincount(labels, minlength=len(classes))
    found = []
    for label, name in enumerate(classes):
        if min(counts[label], len(labels) - counts[label]) < _FEWEST:
            continue
        alone = [_claim(name, cue, *part.of_class(label)) for cue, part in evidence.items()]
        sure = [claim for claim in alone if claim.interval.low >= CLAIM_FROM]
        if not sure:
            scores = np.sum([part.scores(label) for part in evidence.values()], axis=0)
            sure = list(_together(name, labels == label, scores))
        if sure:
            found.append(max(sure, key=lambda claim: claim.auc))
    return found


class _Evidence(NamedTuple):
    """How much each step of one property speaks for each class against the rest, in nats, learnt out of fold.

    Images of one fold and step have the same evidence, so it is kept by cell: of a hundred thousand images in a
    thousand classes it would fill gigabytes.

    Attributes:
        cells: (N,), the cell of each image, its fold and step.
        nats: (cells, classes).
        images: (cells, classes), how many images of each class a cell holds.
    """

    cells: Steps
    nats: npt.NDArray[np.float64]
    images: Steps

    @classmethod
    def of(cls, steps: Steps, labels: Steps, classes: int) -> _Evidence:
        """Learn from steps (N,) and labels (N,)."""
        fold = np.empty(len(labels), np.int64)
        fold[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % _FOLDS
        width = int(steps.max()) + 1
        cells = fold * width + steps
        images = np.bincount(cells * classes + labels, minlength=_FOLDS * width * classes)
        by_fold = images.reshape(_FOLDS, width, classes)
        table = 1.0 + by_fold.sum(axis=0) - by_fold
        own = table / table.sum(axis=1, keepdims=True)
        rest = table.sum(axis=2, keepdims=True) - table
        nats = np.log(own / (rest / rest.sum(axis=1, keepdims=True)))
        return cls(cells, nats.reshape(-1, classes), by_fold.reshape(-1, classes))

    def scores(self, label: int) -> npt.NDArray[np.float64]:
        """The evidence of each image for a class, (N,)."""
        return self.nats[:, label][self.cells]

    def of_class(self, label: int) -> tuple[npt.NDArray[np.float64], Steps, Steps]:
        """The evidence of each cell for a class, and how many images in it are of the class and of others."""
        own = self.images[:, label]
        return self.nats[:, label], own, self.images.sum(axis=1) - own


def _together(
    name: str, is_class: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]
) -> Iterator[Shortcut]:
    """The claim of all properties together, where it is sure."""
    area = roc_auc(is_class, scores)
    # The interval lies around the area and takes longer to compute.
    if area is None or area < CLAIM_FROM:
        return
    interval = auc_interval(is_class, scores)
    if interval is not None and interval.low >= CLAIM_FROM:
        yield Shortcut(name, "all", area, interval)


def _stepped(values: npt.NDArray[np.float64]) -> Steps:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, _STEPS + 1)[1:-1]))
    # Where many images have one value, such as a white border, that value is a step of its own.
    return np.searchsorted(edges, values, "left") + np.searchsorted(edges, values, "right")


def _claim(
    name: str, cue: str, scores: npt.NDArray[np.float64], positives: Steps, negatives: Steps
) -> Shortcut:
    counted = auc_of_counts(scores, positives, negatives)
    assert counted is not None
    return Shortcut(name, cue, *counted)
