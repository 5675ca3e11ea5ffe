"""Which candidate is better, by its answers on the same validation images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet import metrics
from convonet.documents.plan import ValidationScore

_TIE = 0.5
"""A difference below so many of its standard errors is a tie."""


@dataclass(frozen=True)
class LossDifference:
    """Two candidates on the same images.

    Attributes:
        difference: mean log loss of the first minus that of the second.
        standard_error: of the difference, over the images.
    """

    difference: float
    standard_error: float

    @property
    def tied(self) -> bool:
        """Whether the difference is within the margin."""
        return abs(self.difference) < self.margin

    @property
    def margin(self) -> float:
        """Half the standard error."""
        return _TIE * self.standard_error


Losses = NDArray[np.float64]


def score_validation(
    labels: NDArray[np.int64], probabilities: NDArray[np.floating[Any]]
) -> tuple[ValidationScore, Losses]:
    """Score and per-image calibrated log loss of probabilities (N, classes) on labels (N,).

    The temperature is fitted on the same images (Guo and others 2017): one number, the same liberty for each
    candidate.
    """
    losses, temperature = metrics.calibrated_losses(labels, probabilities)
    correct = int((probabilities.argmax(1) == labels).sum())
    low, high = metrics.wilson(correct, len(labels))
    score = ValidationScore(
        images=len(labels),
        accuracy=correct / len(labels),
        accuracy_interval=(low, high),
        log_loss=float(losses.mean()),
        temperature=temperature,
        majority=float(np.bincount(labels).max() / len(labels)),
    )
    return score, losses


def compare(first: Losses, second: Losses) -> LossDifference:
    """Paired comparison of per-image log losses."""
    # Image by image: what both find hard cancels out, so small differences show with few images.
    difference = first - second
    error = float(difference.std(ddof=1) / np.sqrt(len(difference))) if len(difference) > 1 else 0.0
    return LossDifference(float(difference.mean()), error)
