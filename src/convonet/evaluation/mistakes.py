"""The images behind the numbers: the mistakes, worst first, and the images of one confusion cell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.evaluation.evaluation import Evaluation


class Mistake(NamedTuple):
    """What was said of one image.

    Attributes:
        row: its index in the evaluation's arrays and in the prepared set.
        path: relative to the set's root.
        confidence: probability of the predicted class, 0..1.
    """

    row: int
    path: str
    true: str
    predicted: str
    confidence: float

    @property
    def title(self) -> str:
        """Such as `7 predicted as 1 (98.3%)`; `7 (98.3%)` where the prediction is correct."""
        share = f"({100 * self.confidence:.1f}%)"
        return (
            f"{self.true} {share}"
            if self.true == self.predicted
            else f"{self.true} predicted as {self.predicted} {share}"
        )


def mistakes(evaluation: Evaluation, limit: int | None = None) -> list[Mistake]:
    """The wrong answers, highest confidence first; of equal confidence the earlier row first."""
    return _answers(evaluation, evaluation.y_true != evaluation.y_pred)[:limit]


def in_cell(evaluation: Evaluation, true: str, predicted: str) -> list[Mistake]:
    """The images of one cell of the confusion matrix, the surest answer first.

    Raises:
        ValueError: a name that is not one of the classes.
    """
    row, column = evaluation.classes.index(true), evaluation.classes.index(predicted)
    return _answers(evaluation, (evaluation.y_true == row) & (evaluation.y_pred == column))


def _answers(evaluation: Evaluation, chosen: NDArray[np.bool_]) -> list[Mistake]:
    rows = np.flatnonzero(chosen)
    confidence = evaluation.confidence[rows]
    names = evaluation.classes
    return [
        Mistake(
            int(rows[index]),
            evaluation.paths[rows[index]],
            names[evaluation.y_true[rows[index]]],
            names[evaluation.y_pred[rows[index]]],
            float(confidence[index]),
        )
        for index in np.argsort(-confidence, kind="stable")
    ]
