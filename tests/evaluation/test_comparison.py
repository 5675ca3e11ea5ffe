from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as reference

from convonet.errors import DataError
from convonet.evaluation.comparison import compare_models, side_by_side

Make = Callable[..., Any]


def with_accuracy(evaluation: Make, right: int, images: int, split: str = "test") -> Any:
    """An evaluation of two classes in which so many answers are right."""
    table = np.tile([0.8, 0.2], (images, 1))
    return evaluation(("a", "b"), [0] * right + [1] * (images - right), table, split=split)


def test_sets_stand_in_their_order(evaluation: Make) -> None:
    parts = [(90, 100, "test"), (99, 100, "train"), (92, 100, "val")]
    got = side_by_side([with_accuracy(evaluation, *part) for part in parts])

    assert [(row["split"], row["accuracy"]) for row in got.rows] == [
        ("train", 0.99),
        ("val", 0.92),
        ("test", 0.9),
    ]
    assert got.warning is None


@pytest.mark.parametrize(("test", "told"), [(980, False), (970, False), (900, True)])
def test_a_fall_beyond_chance_is_said(evaluation: Make, test: int, told: bool) -> None:
    val = with_accuracy(evaluation, 980, 1000, "val")
    got = side_by_side([val, with_accuracy(evaluation, test, 1000, "test")])
    assert (got.warning is not None) == told
    if got.warning:
        assert "90.0%" in got.warning


def test_one_set_alone_is_no_comparison(evaluation: Make) -> None:
    assert side_by_side([with_accuracy(evaluation, 1, 2)]).warning is None
    with pytest.raises(ValueError, match="one per split"):
        side_by_side([with_accuracy(evaluation, 1, 2), with_accuracy(evaluation, 2, 2)])


def test_two_models_are_compared_image_by_image(evaluation: Make) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 80)
    tables = [rng.dirichlet((1, 1), 80) for _ in range(2)]
    a, b = (evaluation(("x", "y"), truth.tolist(), table) for table in tables)
    order = rng.permutation(80)
    shuffled = evaluation(
        ("x", "y"), truth[order].tolist(), tables[1][order], paths=[b.paths[i] for i in order]
    )
    got = compare_models(a, b)

    right_a, right_b = a.y_true == a.y_pred, b.y_true == b.y_pred
    cells = [[np.sum(right_a & right_b), np.sum(right_a & ~right_b)]]
    cells.append([np.sum(~right_a & right_b), np.sum(~right_a & ~right_b)])
    assert got[:4] == (cells[0][0], cells[0][1], cells[1][0], cells[1][1])
    assert got.p_value == pytest.approx(reference(cells, exact=True).pvalue)
    assert compare_models(a, shuffled) == got


@pytest.mark.parametrize("other", [[0, 0], [0, 1, 1]])
def test_other_images_or_labels_are_refused(evaluation: Make, other: list[int]) -> None:
    a = evaluation(("x", "y"), [0, 1], [[0.9, 0.1]] * 2, paths=["0.png", "1.png"])
    b = evaluation(
        ("x", "y"), other, [[0.9, 0.1]] * len(other), paths=["0.png", "1.png", "2.png"][: len(other)]
    )
    with pytest.raises(DataError, match="same images"):
        compare_models(a, b)
