from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convonet.evaluation.mistakes import Mistake, in_cell, mistakes
from convonet.inference.decision import Decision

Make = Callable[..., Any]
TABLE = [[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8], [0.7, 0.3]]
TRUTH = [0, 1, 1, 0, 1]


def test_the_surest_mistake_comes_first(evaluation: Make) -> None:
    got = mistakes(evaluation(("cat", "dog"), TRUTH, TABLE))

    assert [answer.row for answer in got] == [3, 2, 4, 1]
    assert got[0][:4] == (3, "cat/3.png", "cat", "dog")
    assert got[0].confidence == pytest.approx(0.8)
    assert got[0].title == "cat predicted as dog (80.0%)"


def test_a_limit_keeps_the_worst(evaluation: Make) -> None:
    got = mistakes(evaluation(("cat", "dog"), TRUTH, TABLE), limit=2)
    assert [answer.row for answer in got] == [3, 2]


def test_no_mistake_is_an_empty_list(evaluation: Make) -> None:
    assert mistakes(evaluation(("cat", "dog"), [0, 0, 0, 1, 0], TABLE)) == []


def test_with_a_threshold_the_confidence_is_that_of_the_answer(evaluation: Make) -> None:
    got = mistakes(evaluation(("cat", "dog"), [0, 0, 0, 0, 0], TABLE, decision=Decision(1, 0.3)))
    assert [answer.row for answer in got] == [3, 1, 2, 4]
    assert [answer.predicted for answer in got] == ["dog"] * 4
    assert got[-1].confidence == pytest.approx(0.3)


def test_a_cell_opens_its_images(evaluation: Make) -> None:
    result = evaluation(("cat", "dog"), TRUTH, TABLE)
    for row, true in enumerate(result.classes):
        for column, predicted in enumerate(result.classes):
            assert len(in_cell(result, true, predicted)) == result.confusion_matrix[row, column]
    assert [answer.path for answer in in_cell(result, "dog", "cat")] == [
        "dog/2.png",
        "dog/4.png",
        "dog/1.png",
    ]


def test_a_right_answer_needs_no_not() -> None:
    assert Mistake(0, "x.png", "东", "东", 0.5).title == "东 (50.0%)"
