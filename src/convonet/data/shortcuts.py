"""Can a class be told without looking at what the image shows: from file type, size, border or brightness alone?

A network finds such a shortcut too, and then knows nothing of the thing itself. The check is a naive Bayes
classifier on coarse steps of each property, cross-validated: first each property alone, then all of them together.
Source: R. Geirhos and others, Shortcut Learning in Deep Neural Networks, Nature Machine Intelligence 2 (2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from convonet.data.oddities import Light
from convonet.metrics import Interval, auc_interval, roc_auc

CLAIM_FROM = 0.9
"""A shortcut is claimed where the AUC of one class against the rest is surely this high."""

_STEPS = 16
_FOLDS = 5
_FEWEST = 20
_WORDS = {
    "file_type": "the type of its file",
    "height": "the height of the image",
    "width": "the width of the image",
    "border": "the brightness of the border",
    "border_evenness": "how even the border is",
    "brightness": "the brightness of the image",
    "all": "file type, size, border and brightness together",
}

Steps = npt.NDArray[np.int64]


class Shortcut(NamedTuple):
    """A class that can be told from a property that should not matter.

    Attributes:
        cls: the class' name.
        cue: `file_type`, `height`, `width`, `border`, `border_evenness`, `brightness`, or `all` of them.
        auc: of this class against the rest, out of fold.
        interval: 95%.
    """

    cls: str
    cue: str
    auc: float
    interval: Interval

    def to_dict(self) -> dict[str, object]:
        """The JSON object of one shortcut."""
        return {"class": self.cls, "cue": self.cue, "auc": self.auc, "auc_interval": list(self.interval)}

    def sentence(self) -> str:
        """For the warnings."""
        return (
            f"Class {self.cls} can be told from {_WORDS[self.cue]} alone (AUC {self.auc:.2f}): a network may learn "
            "that instead of what the images show"
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
        labels: (N,), the index in `classes`.
        classes: those with fewer than 20 images, or all but 20, are not asked.
    """
    evidence = {name: _evidence(steps, labels, len(classes)) for name, steps in cues.items()}
    evidence["all"] = np.sum(list(evidence.values()), axis=0)
    counts = np.bincount(labels, minlength=len(classes))
    found = []
    for label, name in enumerate(classes):
        if min(counts[label], len(labels) - counts[label]) < _FEWEST:
            continue
        claims = [_claim(name, cue, labels == label, rows[:, label]) for cue, rows in evidence.items()]
        sure = [claim for claim in claims if claim.interval.low >= CLAIM_FROM]
        alone = [claim for claim in sure if claim.cue != "all"]
        if sure:
            found.append(max(alone or sure, key=lambda claim: claim.auc))
    return found


def _stepped(values: npt.NDArray[np.float64]) -> Steps:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, _STEPS + 1)[1:-1]))
    # Where many images have one value, such as a white border, that value is a step of its own.
    return np.searchsorted(edges, values, "left") + np.searchsorted(edges, values, "right")


def _evidence(steps: Steps, labels: Steps, classes: int) -> npt.NDArray[np.float64]:
    """How much a step speaks for each class against the rest, (N, classes): out of fold, in nats."""
    fold = np.empty(len(labels), np.int64)
    fold[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % _FOLDS
    evidence = np.zeros((len(labels), classes))
    for held in range(_FOLDS):
        learnt = fold != held
        table = np.ones((int(steps.max()) + 1, classes))
        np.add.at(table, (steps[learnt], labels[learnt]), 1)
        own = table / table.sum(axis=0)
        rest = table.sum(axis=1, keepdims=True) - table
        evidence[~learnt] = np.log(own / (rest / rest.sum(axis=0)))[steps[~learnt]]
    return evidence


def _claim(name: str, cue: str, truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> Shortcut:
    interval = auc_interval(truth, scores)
    area = roc_auc(truth, scores)
    assert interval is not None
    assert area is not None
    return Shortcut(name, cue, area, interval)
