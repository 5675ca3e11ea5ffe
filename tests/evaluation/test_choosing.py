"""Thresholds and temperatures chosen on validation images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import recall_score, roc_curve

from convonet.errors import DataError, ParamError
from convonet.evaluation.choosing import ThresholdRequest, choose, cool, cooled_info
from convonet.inference.model_info import ModelInfo
from convonet.metrics import confidence_of, expected_calibration_error
from convonet.params.data_params import PixelParams

TWO = ("NORMAL", "PNEUMONIA")


def _two(n: int = 400, seed: int = 0, sureness: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    p = 1 / (1 + np.exp(-sureness * (rng.normal(size=n) + 2 * truth - 1)))
    return truth, np.stack([1 - p, p], axis=1).astype(np.float32)


def _many(n: int, seed: int, sureness: float) -> tuple[np.ndarray, np.ndarray]:
    """Answers of a network that is so many times as sure as it should be."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=2, size=(n, 5))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(5, p=row) for row in honest])
    sure = honest**sureness
    return truth, (sure / sure.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("positive", TWO)
@pytest.mark.parametrize("recall", [0.5, 0.9, 0.95, 1.0])
def test_the_highest_threshold_that_finds_the_share(recall: float, positive: str) -> None:
    truth, rows = _two()
    place = TWO.index(positive)
    got = choose(ThresholdRequest(min_recall=recall), truth, rows, classes=TWO, positive=positive)
    _, found, thresholds = roc_curve(truth == place, rows[:, place], drop_intermediate=False)
    assert got.threshold == pytest.approx(thresholds[np.argmax(found >= recall)])
    assert got.positive == positive
    assert got.report is not None
    assert got.report["sensitivity"] == recall_score(
        truth == place, rows[:, place] >= np.float32(got.threshold)
    )
    assert got.report["sensitivity"] >= recall
    assert got.report["images"] == 400


@pytest.mark.parametrize("costs", [(1.0, 1.0), (1.0, 10.0), (5.0, 1.0), (0.0, 1.0)])
def test_no_threshold_costs_less(costs: tuple[float, float]) -> None:
    truth, rows = _two()
    got = choose(ThresholdRequest(costs=costs), truth, rows, classes=TWO).threshold
    assert got is not None

    def cost(threshold: float) -> float:
        said = rows[:, 1] >= np.float32(threshold)
        return costs[0] * float(np.sum(said & (truth == 0))) + costs[1] * float(np.sum(~said & (truth == 1)))

    assert cost(got) <= min(cost(value) for value in np.linspace(0, 1, 501))


def test_a_temperature_lowers_the_error_on_other_images_and_changes_no_answer() -> None:
    truth, rows = _many(3000, 0, sureness=3.0)
    got = choose(ThresholdRequest(calibrate=True), truth, rows, classes=tuple("abcde"))
    assert got.temperature == pytest.approx(3.0, rel=0.1)
    assert got.report is not None
    assert got.report["ece_after"] < got.report["ece_before"] / 4

    other, rows = _many(3000, 1, sureness=3.0)
    cooled = cool(rows, got.temperature)
    errors = [expected_calibration_error(*confidence_of(other, values)) for values in (rows, cooled)]
    assert errors[1] < errors[0] / 4
    assert (cooled.argmax(axis=1) == rows.argmax(axis=1)).all()


def test_images_that_tell_no_temperature_leave_it_at_one() -> None:
    rows = np.tile(np.array([[0.2, 0.8]], np.float32), (30, 1))
    got = choose(ThresholdRequest(calibrate=True), np.ones(30, int), rows, classes=TWO)
    assert got.temperature == 1
    assert got.report is not None
    assert "No temperature" in got.report["note"]


def test_a_threshold_is_about_the_cooled_probabilities() -> None:
    truth, rows = _two(sureness=4.0)
    got = choose(ThresholdRequest(min_recall=0.9, calibrate=True), truth, rows, classes=TWO)
    assert got.temperature == pytest.approx(2, rel=0.25)
    assert got.threshold is not None
    assert recall_score(truth, cool(rows, got.temperature)[:, 1] >= np.float32(got.threshold)) >= 0.9


def test_a_models_own_threshold_gives_the_same_answers_after_cooling() -> None:
    _, rows = _two(sureness=4.0)
    info = ModelInfo(TWO, PixelParams(4, 4, 1), threshold=0.3, positive="PNEUMONIA")
    after = cooled_info(info, 2.5).threshold
    assert after is not None
    assert ((cool(rows, 2.5)[:, 1] >= after) == (rows[:, 1] >= 0.3)).all()
    assert cooled_info(info, 1.0) is info


@pytest.mark.parametrize(
    ("wanted", "threshold", "classes", "said"),
    [
        (ThresholdRequest(min_recall=0.9), 0.3, 2, ["threshold and min_recall"]),
        (ThresholdRequest(min_recall=0.9, costs=(1, 1)), None, 2, ["min_recall and costs"]),
        (ThresholdRequest(min_recall=0.0), None, 2, ["above 0"]),
        (ThresholdRequest(min_recall=1.1), None, 3, ["at most 1"]),
        (ThresholdRequest(costs=(0, 0)), None, 2, ["not both 0"]),
        (ThresholdRequest(costs=(-1, 2)), None, 2, ["0 or more"]),
        (ThresholdRequest(costs=(1, float("inf"))), None, 2, ["costs"]),
        (ThresholdRequest(min_recall=0.9), None, 3, ["two classes, but the model has 3"]),
    ],
)
def test_wishes_that_cannot_be(
    wanted: ThresholdRequest, threshold: Any, classes: int, said: list[str]
) -> None:
    with pytest.raises(ParamError) as caught:
        wanted.check(threshold, classes)
    for words in said:
        assert words in caught.value.sentence()


def test_right_wishes_pass() -> None:
    ThresholdRequest(calibrate=True).check(0.3, 2)
    ThresholdRequest(calibrate=True).check(None, 10)
    ThresholdRequest(costs=(0, 2)).check(None, 2)
    assert not ThresholdRequest()


def test_a_recall_of_nothing_cannot_be_reached() -> None:
    rows = np.array([[0.4, 0.6]], np.float32)
    with pytest.raises(DataError, match="PNEUMONIA"):
        choose(ThresholdRequest(min_recall=0.9), np.array([0]), rows, classes=TWO)
