"""The paired interval of a difference: its symmetry, and how often it holds the truth."""

from __future__ import annotations

import numpy as np
import pytest

from convonet.metrics import Interval, paired_difference


def answers(both: int, only_a: int, only_b: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Two models with so many answers of each kind."""
    counts = (both, only_a, only_b, neither)
    return np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)


def test_counts_and_value() -> None:
    found = paired_difference(*answers(80, 12, 5, 3))
    assert found.value == pytest.approx(0.07)
    assert (found.only_a, found.only_b) == (12, 5)
    assert found.interval.low < 0.07 < found.interval.high


def test_the_other_way_round_only_the_sign_changes() -> None:
    a, b = answers(80, 12, 5, 3)
    low, high = paired_difference(a, b).interval
    assert paired_difference(b, a).interval == pytest.approx(Interval(-high, -low))


def test_equal_answers() -> None:
    """Nothing differs, so the difference is 0, and the interval says how little is known of few images."""
    few = paired_difference(*answers(9, 0, 0, 1))
    many = paired_difference(*answers(900, 0, 0, 100))
    assert few.value == many.value == 0
    assert many.interval.high < 0.005 < few.interval.high


@pytest.mark.parametrize("n", [60, 300])
@pytest.mark.parametrize(
    "chances", [(0.85, 0.03, 0.02, 0.1), (0.6, 0.15, 0.05, 0.2), (0.94, 0.03, 0.0, 0.03)]
)
def test_it_holds_the_truth_about_as_often_as_it_says(chances: tuple[float, ...], n: int) -> None:
    draw = np.random.default_rng(4)
    truth = chances[1] - chances[2]
    intervals = [paired_difference(*answers(*draw.multinomial(n, chances))).interval for _ in range(2000)]
    held = np.mean([low <= truth <= high for low, high in intervals])
    assert 0.93 <= held < 1


def test_what_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="same number of rows"):
        paired_difference([1, 0], [1])
    with pytest.raises(ValueError, match="images"):
        paired_difference([], [])
