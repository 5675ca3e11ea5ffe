"""Curves that teaching texts print for each case, and healthy ones, on which nothing is said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from convonet.training.diagnosis import read_curves

HEALTHY = {"loss": [0.52, 0.38, 0.31, 0.28], "val_loss": [0.54, 0.40, 0.33, 0.30]}
EPOCHS = np.arange(20)


@pytest.mark.parametrize(
    ("history", "kind", "words"),
    [
        (
            {"loss": [0.45, 0.28, 0.15, 0.08], "val_loss": [0.48, 0.59, 0.82, 1.15]},
            "overfitting",
            "augmentation",
        ),
        ({"loss": [2.31, 2.305, 2.30, 2.303, 2.30]}, "rate_too_low", "10 times larger"),
        ({"loss": [0.9, 0.5, 1.1, 0.6, 1.2, 0.5, 0.9]}, "rate_too_high", "10 times smaller"),
        (
            {
                "loss": [1.0, 0.8, 0.6, 0.45, 0.3, 0.2],
                "val_loss": [1.0, 0.95, 0.95, 0.96, 0.97, 0.98],
                "accuracy": [0.5, 0.65, 0.75, 0.83, 0.9, 0.95],
                "val_accuracy": [0.55, 0.65, 0.65, 0.64, 0.65, 0.65],
            },
            "plateau",
            "transfer learning",
        ),
        ({"loss": [0.9, 0.7, math.nan, math.nan]}, "not_a_number", "10 times smaller"),
        ({"loss": [2.0, 1.8, 1.6, 1.45], "accuracy": [0.3, 0.35, 0.4, 0.45]}, "underfitting", "more epochs"),
        (
            {"loss": [2.0, 1.5, 1.49, 1.485, 1.48], "accuracy": [0.3, 0.44, 0.45, 0.45, 0.45]},
            "underfitting",
            "larger network",
        ),
    ],
)
def test_known_curves_are_named(history: Mapping[str, Sequence[float]], kind: str, words: str) -> None:
    findings = read_curves(history)
    assert [finding.kind for finding in findings] == [kind]
    assert words in findings[0].text()


@pytest.mark.parametrize(
    "history",
    [
        HEALTHY,
        HEALTHY | {"accuracy": [0.80, 0.86, 0.89, 0.91], "val_accuracy": [0.79, 0.85, 0.88, 0.90]},
        {"loss": list(0.1 + 2 * np.exp(-EPOCHS / 4)), "val_loss": list(0.13 + 2 * np.exp(-EPOCHS / 4))},
        {"loss": [0.5, 0.2]},
        {"loss": [0.4, 0.2, 0.15, 0.12, 0.1], "val_loss": [0.4, 0.2, 0.14, 0.09, 0.16]},
        {"loss": []},
        {"loss": [0.3, 0.1, 0.05, 0.03, 0.02], "val_loss": [0.2, 0.1, 0.08, 0.079, 0.082]},
        {"loss": [0.5, 0.3, 0.31, 0.2, 0.19], "val_loss": [None] * 5},
    ],
)
def test_healthy_and_short_curves_say_nothing(history: Mapping[str, Sequence[float | None]]) -> None:
    assert read_curves(history) == ()
