"""The check of a map: known models, for which it is known what a faithful map is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from convonet.explaining import ExplainedModel, explain_images
from convonet.explaining.faithful import delete, judged, rank_correlation
from convonet.explaining.heat import enlarged, heat_of
from convonet.inference.model_info import ModelInfo
from convonet.params import PixelParams


class Corner:
    """Says `there` as surely as the upper left 4×4 pixels are bright."""

    info = ModelInfo(("not", "there"), PixelParams(12, 12, 1))

    def predict(self, images: np.ndarray, **options: Any) -> np.ndarray:
        sure = images[:, :4, :4].mean(axis=(1, 2, 3)) / 255
        return np.stack([1 - sure, sure], axis=1).astype(np.float32)


@pytest.fixture
def image() -> np.ndarray:
    image = np.zeros((12, 12, 1), np.uint8)
    image[:4, :4] = 255
    return image


def test_deleting_what_the_answer_rests_on_hurts_first(image: np.ndarray) -> None:
    right, wrong = np.zeros((2, 12, 12), np.float32)
    right[:4, :4] = 1
    wrong[8:, 8:] = 1
    good = delete(ExplainedModel(Corner()), image, 1, right)
    bad = delete(ExplainedModel(Corner()), image, 1, wrong)
    # A ninth of the image decides; its mean grey of 28 is what is left of it. By trapezoids over twentieths.
    left = np.clip(1 - np.round(144 * np.linspace(0, 1, 21)) / 16, 0, 1)
    expected = np.trapezoid(left + (1 - left) * 28 / 255, np.linspace(0, 1, 21))
    assert good.area == pytest.approx(expected, abs=1e-6)
    assert good.curve[0] == 1
    assert good.curve[-1] == pytest.approx(28 / 255)
    assert (good.better, bad.better) == (True, False)
    assert good.beaten == good.orders == 10
    assert bad.area > good.random_area > good.area


def test_the_check_is_the_same_for_the_same_seed(image: np.ndarray) -> None:
    values = np.random.default_rng(0).random((12, 12))
    one, two, other = (delete(ExplainedModel(Corner()), image, 1, values, seed=seed) for seed in (1, 1, 2))
    assert one == two
    assert one.random_area != other.random_area


def test_the_sentence_says_what_the_numbers_mean(image: np.ndarray) -> None:
    right = np.zeros((12, 12), np.float32)
    right[:4, :4] = 1
    good = delete(ExplainedModel(Corner()), image, 1, right)
    bad = delete(ExplainedModel(Corner()), image, 1, -right)
    assert judged(good, 0.1).sentence.startswith(
        "When the pixels with the highest values are deleted first, the probability falls faster than with 10 of 10"
    )
    assert "With shuffled weights, the map is different (rank correlation 0.10)" in judged(good, 0.1).sentence
    assert "the image rather than what the network learned" in judged(good, 0.8).sentence
    assert "do not rely on this map" in judged(bad, None).sentence
    # A warning is not taken back by the other check.
    assert "the map shows" not in judged(bad, 0.1).sentence
    assert "shuffled" not in judged(bad, None).sentence


@pytest.mark.parametrize("ties", [False, True])
def test_rank_correlation_is_scipys(ties: bool) -> None:
    one, other = np.random.default_rng(3).random((2, 9, 8))
    if ties:
        one, other = np.round(4 * one), np.round(3 * other)
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel()).statistic)
    assert rank_correlation(one, np.zeros((9, 8))) == 0


def test_weights_are_shuffled_for_a_while_and_then_as_before(make_model, images) -> None:
    model = make_model(family="convonet", num_filters=4, num_units=8)
    explained, before = ExplainedModel(model), model.keras_model.get_weights()
    answers = explained.predict(images())
    with explained.shuffled(0) as other:
        assert not np.allclose(other.predict(images()), answers)
    for old, new in zip(before, model.keras_model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(explained.predict(images()), answers)


def test_each_image_is_checked_on_its_own(make_model, images) -> None:
    explained = ExplainedModel(make_model(family="convonet", num_filters=4, num_units=8))
    both = list(explain_images(explained, images(), ["a", "b"], faithful=True))
    alone = next(explain_images(explained, images()[1:], ["b"], faithful=True))
    assert both[1].faithful is not None
    assert alone.faithful is not None
    assert alone.faithful.likeness == pytest.approx(both[1].faithful.likeness, abs=1e-3)
    assert alone.faithful.deletion.area == pytest.approx(both[1].faithful.deletion.area, abs=1e-3)


def test_heat_is_between_0_and_1_and_only_for_what_speaks_for_the_class() -> None:
    values = np.array([[-3.0, 0.0, 1.0, 2.0]])
    np.testing.assert_allclose(heat_of(values), [[0, 0, 0.5, 1]], atol=0.02)
    assert not heat_of(-np.abs(values)).any()
    lonely = np.zeros((40, 40))
    lonely[3, 4] = 7
    assert heat_of(lonely)[3, 4] == 1


def test_maps_are_enlarged_about_their_middle() -> None:
    small = np.array([[[0.0, 1.0], [0.0, 1.0]]])
    large = enlarged(small, (4, 6))
    assert large.shape == (1, 4, 6)
    np.testing.assert_allclose(large[0], large[0][:1].repeat(4, axis=0))
    np.testing.assert_allclose(large[0] + large[0][:, ::-1], 1, atol=1e-6)
