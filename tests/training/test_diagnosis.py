"""Curves that teaching texts print for each case, and healthy ones, on which nothing is said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from convonet.training.collapse import Collapse
from convonet.training.diagnosis import read_curves

HEALTHY = {"loss": [0.52, 0.38, 0.31, 0.28], "val_loss": [0.54, 0.40, 0.33, 0.30]}
EPOCHS = np.arange(20)
FINE_TUNED = {
    "loss": [
        0.749,
        0.429,
        0.357,
        0.79,
        0.72,
        0.45,
        0.673,
        0.388,
        0.245,
        0.33,
        0.274,
        0.144,
        0.1,
        0.101,
        0.193,
        0.0382,
        0.0237,
        0.0249,
        0.0198,
        0.00811,
        0.0175,
        0.012,
        0.0074,
        0.00776,
        0.00724,
        0.00413,
        0.00482,
        0.00405,
        0.0131,
        0.00216,
    ],
    "val_loss": [
        0.518,
        0.834,
        0.748,
        0.968,
        0.821,
        1.11,
        0.78,
        0.456,
        0.964,
        0.816,
        1,
        0.672,
        0.991,
        1.06,
        0.539,
        0.672,
        0.732,
        0.735,
        0.747,
        0.646,
        0.594,
        0.625,
        0.624,
        0.668,
        0.628,
        0.612,
        0.62,
        0.622,
        0.628,
        0.629,
    ],
    "val_calibrated_loss": [
        0.472,
        0.631,
        0.623,
        0.95,
        0.797,
        0.729,
        0.685,
        0.435,
        0.69,
        0.605,
        0.695,
        0.504,
        0.665,
        0.62,
        0.442,
        0.424,
        0.441,
        0.429,
        0.422,
        0.382,
        0.356,
        0.37,
        0.366,
        0.385,
        0.363,
        0.356,
        0.358,
        0.358,
        0.36,
        0.361,
    ],
}
"""Thirty epochs of CT scans: the loss jumps where it is near zero, and validation is too sure after the ninth."""

COLLAPSED = {"loss": [0.57] * 6, "accuracy": [0.74] * 6, "val_accuracy": [0.74] * 6}


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


def test_without_calibration_an_epoch_that_is_too_sure_is_overfitting() -> None:
    plain = {name: FINE_TUNED[name] for name in ("loss", "val_loss")}
    assert [finding.kind for finding in read_curves(plain)] == ["overfitting"]


@pytest.mark.parametrize(
    "history",
    [
        HEALTHY,
        HEALTHY | {"accuracy": [0.80, 0.86, 0.89, 0.91], "val_accuracy": [0.79, 0.85, 0.88, 0.90]},
        {"loss": list(0.1 + 2 * np.exp(-EPOCHS / 4)), "val_loss": list(0.13 + 2 * np.exp(-EPOCHS / 4))},
        FINE_TUNED,
        {"loss": [0.5, 0.2]},
        {"loss": [0.4, 0.2, 0.15, 0.12, 0.1], "val_loss": [0.4, 0.2, 0.14, 0.09, 0.16]},
        {"loss": []},
        {"loss": [0.3, 0.1, 0.05, 0.03, 0.02], "val_loss": [0.2, 0.1, 0.08, 0.079, 0.082]},
        {"loss": [0.5, 0.3, 0.31, 0.2, 0.19], "val_loss": [None] * 5},
    ],
)
def test_healthy_and_short_curves_say_nothing(history: Mapping[str, Sequence[float | None]]) -> None:
    assert read_curves(history) == ()


@pytest.mark.parametrize(
    ("history", "majority"),
    [
        ({"loss": [2.31, 2.305, 2.30, 2.303, 2.30], "accuracy": [0.1, 0.11, 0.1, 0.09, 0.1]}, 0.1),
        (
            {"loss": [9.0, 4.0, 9.5, 4.1, 9.6, 4.2, 9.0], "accuracy": [0.1] * 7, "val_accuracy": [0.1] * 7},
            0.1,
        ),
        ({"loss": [2.6], "accuracy": [0.12], "val_accuracy": [0.1]}, 0.11),
        (COLLAPSED, 0.743),
    ],
)
def test_a_model_that_only_predicts_the_largest_class_is_named_first(
    history: Mapping[str, Sequence[float]], majority: float
) -> None:
    assert "collapsed" not in [finding.kind for finding in read_curves(history)]
    findings = read_curves(history, majority)
    assert [finding.kind for finding in findings] == ["collapsed"]
    assert "larger network" not in findings[0].text()
    assert f"{100 * majority:.1f}%" in findings[0].sentence


@pytest.mark.parametrize(
    ("history", "majority", "epoch"),
    [
        ({"loss": [0.52, 0.38], "accuracy": [0.74, 0.86], "val_accuracy": [0.74, 0.84]}, 0.743, None),
        # Few images of the small class are found, but the loss tells what is known of them.
        ({"loss": [0.50, 0.48], "accuracy": [0.74, 0.74], "val_accuracy": [0.74, 0.74]}, 0.743, None),
        # It collapsed after the epoch that was kept.
        ({"loss": [0.4, 2.3], "accuracy": [0.8, 0.1], "val_accuracy": [0.8, 0.1]}, 0.1, 1),
        # Balanced on purpose; training knows better than the largest class.
        ({"loss": [0.7, 0.6], "accuracy": [0.6, 0.8], "val_accuracy": [0.6, 0.7]}, 0.743, None),
        # Validation has as many images of one class as of the other, and is above chance.
        ({"loss": [0.61], "accuracy": [0.73], "val_accuracy": [0.65]}, 0.5, None),
        ({"loss": [0.0], "accuracy": [1.0]}, 1.0, None),
        ({"loss": [0.5]}, 0.743, None),
        ({"loss": []}, 0.743, None),
    ],
)
def test_a_model_that_knows_more_is_not_called_collapsed(
    history: Mapping[str, Sequence[float]], majority: float, epoch: int | None
) -> None:
    assert read_curves(history, majority, epoch=epoch) == ()


def test_training_has_a_largest_class_of_its_own() -> None:
    history = {"loss": [0.57] * 2, "accuracy": [0.75] * 2, "val_accuracy": [0.5] * 2}
    assert read_curves(history, 0.5) == ()
    assert [finding.kind for finding in read_curves(history, 0.5, train_majority=0.75)] == ["collapsed"]


def test_what_training_saw_is_told_with_its_cause() -> None:
    seen = Collapse(6, "rate_too_low", "Nothing is learned.", "Raise the rate.")
    assert read_curves(COLLAPSED, collapse=seen)[0].text() == "Nothing is learned. Raise the rate."
    found = read_curves(COLLAPSED, 0.743, epoch=2, collapse=seen)[0]
    assert (found.kind, found.advice) == ("collapsed", "Raise the rate.")
    assert read_curves(COLLAPSED | {"accuracy": [0.9] * 6}, 0.743, epoch=2, collapse=seen) != (found,)
