"""How probabilities become an answer: the likeliest class, or a threshold where there are two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ParamError, nearest
from convonet.inference.decide import predicted_labels
from convonet.inference.model_info import ModelInfo
from convonet.text import index_of


class Decision(NamedTuple):
    """The rule of one evaluation.

    Attributes:
        positive: index of the positive class; None where there are more than two classes.
        threshold: the positive class is answered at p ≥ threshold; None: the likelier class.
    """

    positive: int | None
    threshold: float | None

    def labels(self, probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
        """The class index of each row of `probabilities`, shape (n, classes)."""
        return predicted_labels(probabilities, threshold=self.threshold, positive=self.positive)


def decide(
    classes: Sequence[str], info: ModelInfo, positive: str | None = None, threshold: float | None = None
) -> Decision:
    """The rule asked for, else the one that the model carries, else the likelier class.

    A threshold in the model is about the model's positive class; asking for the other class as positive
    leaves it behind.

    Args:
        classes: names; the index is the label.
        info: what the model says of itself.
        positive: the class that counts as positive, default the model's, else the second of two.
        threshold: 0..1.

    Raises:
        ParamError: a class that is not there, a threshold out of range, or more than two classes.
    """
    faults = _faults(classes, positive, threshold)
    if faults:
        raise ParamError.of(faults)
    if len(classes) != 2:
        return Decision(None, None)
    known = None if info.positive is None else index_of(info.positive, classes)
    own = 1 if known is None else known
    label = own if positive is None else index_of(positive, classes)
    if threshold is None and label == own:
        threshold = info.threshold
    return Decision(label, threshold)


def _faults(classes: Sequence[str], positive: str | None, threshold: float | None) -> dict[str, str]:
    faults: dict[str, str] = {}
    if len(classes) != 2:
        two = f"needs two classes, but the model has {len(classes)}"
        if positive is not None:
            faults["positive"] = f"positive: a positive class {two}"
        if threshold is not None:
            faults["threshold"] = f"threshold: a threshold {two}"
        return faults
    if positive is not None and index_of(positive, classes) is None:
        near = nearest(positive, classes)
        faults["positive"] = f"positive: expected one of {', '.join(classes)}, received {positive!r}"
        faults["positive"] += f" (did you mean {near}?)" if near else ""
    if threshold is not None and not 0 <= threshold <= 1:
        faults["threshold"] = f"threshold: expected a number from 0 to 1, received {threshold:g}"
    return faults
