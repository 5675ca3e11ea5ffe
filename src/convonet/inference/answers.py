"""From probabilities to the documents that `predict` answers with; without keras, so every face can make them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.documents.predictions import PredictionRow
from convonet.errors import ModelFileError, ParamError
from convonet.inference.decide import confidences, top_k
from convonet.inference.decision import decide
from convonet.inference.model_info import ModelInfo
from convonet.text import counted

TOP = 5
UNSURE_BELOW = 0.5
SUM_TOLERANCE = 1e-3


class AnswerOptions(NamedTuple):
    """How answers shall look; see `answers`."""

    top: int
    unsure_below: float | None


def answers(
    probabilities: NDArray[np.float32],
    info: ModelInfo,
    paths: Sequence[str],
    *,
    top: int = TOP,
    unsure_below: float | None = None,
    unknown: NDArray[np.float32] | None = None,
) -> list[PredictionRow]:
    """The row of each row of `probabilities`, shape (n, classes), by the model's own rule.

    A model without class names calls them 0, 1, 2 …

    Args:
        top: how many classes are listed for each image, 1 or more.
        unsure_below: an answer of a smaller confidence is unsure, 0..1; None: 0.5.
        unknown: the score of each image for none of the classes, (n,); None where the model has none.

    Raises:
        ParamError: `top` or `unsure_below` out of range.
        ModelFileError: these are no probabilities.
    """
    limit = UNSURE_BELOW if unsure_below is None else unsure_below
    check_options(top, limit)
    names = info.classes or tuple(str(index) for index in range(probabilities.shape[1]))
    check_probabilities(probabilities, names)
    labels = decide(names, info).labels(probabilities)
    confidence = confidences(probabilities, labels).tolist()
    best = top_k(probabilities, top)
    rows: list[PredictionRow] = [
        {
            "path": path,
            "predicted": names[labels[row]],
            "confidence": confidence[row],
            "unsure": confidence[row] < limit,
            "top": [
                {"class": names[label], "probability": float(share)}
                for label, share in zip(best.labels[row], best.probabilities[row], strict=True)
            ],
        }
        for row, path in enumerate(paths)
    ]
    # Nothing is said of it where the model cannot tell.
    if unknown is not None and info.unknown is not None:
        for row, is_unknown, score in zip(rows, info.unknown.is_unknown(unknown), unknown, strict=True):
            row["unknown"], row["unknown_score"] = bool(is_unknown), float(score)
    return rows


def check_probabilities(probabilities: NDArray[np.float32], classes: Sequence[str]) -> None:
    """Raise ModelFileError unless there is one row of probabilities over `classes` for each image."""
    if probabilities.ndim != 2 or probabilities.shape[1] != len(classes):
        raise ModelFileError(
            "The model does not return one probability per class",
            expected=f"{len(classes)} ({', '.join(classes[:5])}{' …' if len(classes) > 5 else ''})",
            received=" × ".join(str(side) for side in probabilities.shape[1:]) or "one number per image",
        )
    bad = int(np.count_nonzero(~np.isfinite(probabilities).all(axis=1)))
    if bad:
        raise ModelFileError(
            f"The model returns NaN or infinite values for {bad} of {counted(len(probabilities), 'image')}",
            expected="probabilities",
            hint="Its weights are damaged. Train again with a lower learning rate",
        )
    # In double precision: a thousand single ones would not sum to 1.
    worst = float(np.abs(probabilities.sum(axis=1, dtype=np.float64) - 1).max(initial=0.0))
    if worst > SUM_TOLERANCE or probabilities.min(initial=0.0) < 0:
        raise ModelFileError(
            "The model's outputs are not probabilities",
            expected="values from 0 to 1 that sum to 1",
            received=f"sums that differ from 1 by up to {worst:.3g}",
        )


def check_options(top: int, unsure_below: float) -> None:
    """Raise ParamError, all faults at once, unless `top` ≥ 1 and `unsure_below` is 0..1."""
    faults = {}
    if top < 1:
        faults["top"] = f"top: expected 1 or more, received {top}"
    if not 0 <= unsure_below <= 1:
        faults["unsure_below"] = f"unsure_below: expected a number from 0 to 1, received {unsure_below:g}"
    if faults:
        raise ParamError.of(faults)
