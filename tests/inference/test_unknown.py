"""Scores of images of no known class, against somebody else's numbers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.neighbors import NearestNeighbors

from convonet.errors import ModelFileError
from convonet.inference.model_info import ModelInfo
from convonet.inference.unknown import (
    UnknownScorer,
    distance_of,
    energy_of,
    fit_scorer,
    threshold_for_rate,
)
from convonet.inference.unknown_rule import UnknownRule
from convonet.params import PixelParams

RNG = np.random.default_rng(0)
BANK = RNG.normal(size=(40, 8))
FEATURES, LOGITS = RNG.normal(size=(30, 8)), RNG.normal(size=(30, 4))


def test_energy_is_scipys() -> None:
    np.testing.assert_allclose(energy_of(LOGITS), -logsumexp(LOGITS, axis=1))


def test_one_logit_has_the_same_energy_for_both_classes() -> None:
    logits = np.array([[-6.0], [6.0], [0.0]])
    energy = energy_of(logits)
    assert energy[0] == pytest.approx(energy[1])
    assert energy[2] > energy[0]


def test_distance_is_that_of_the_nearest_neighbors() -> None:
    found = NearestNeighbors(n_neighbors=5, metric="cosine").fit(BANK).kneighbors(FEATURES)[0].mean(axis=1)
    units = (BANK / np.linalg.norm(BANK, axis=1, keepdims=True)).astype(np.float16)
    np.testing.assert_allclose(distance_of(FEATURES, units, 5), found, atol=2e-3)


def test_a_threshold_keeps_the_rate_on_further_images() -> None:
    rng = np.random.default_rng(3)
    rates = [
        (rng.normal(size=1000) > threshold_for_rate(rng.normal(size=200), 0.05)).mean() for _ in range(200)
    ]
    assert np.mean(rates) == pytest.approx(0.05, abs=0.004)


def test_too_few_images_for_a_rate_give_the_highest_score() -> None:
    assert threshold_for_rate(np.array([1.0, 3.0, 2.0]), 0.05) == 3.0


def test_a_scorer_is_read_as_it_was_written() -> None:
    scorer = fit_scorer(BANK, FEATURES, LOGITS)
    again = UnknownScorer.from_bytes(scorer.to_bytes())
    np.testing.assert_array_equal(again.scores(FEATURES, LOGITS), scorer.scores(FEATURES, LOGITS))


def test_a_strong_answer_does_not_make_a_far_image_known() -> None:
    scorer = fit_scorer(BANK, FEATURES, LOGITS)
    far = -BANK[:20].mean(axis=0, keepdims=True)
    strong = np.array([[1000.0, 0, 0, 0]])
    assert scorer.scores(far, strong)[0] == pytest.approx(
        -0.5 + (scorer._distance_of(far)[0] - scorer.distance[0]) / scorer.distance[1], abs=1e-4
    )


def test_a_damaged_scorer_is_refused() -> None:
    made = io.BytesIO()
    np.savez(made, bank=np.zeros((3, 2)), scale=np.ones((2, 2)), neighbours=1)
    for content in (b"", b"nothing", made.getvalue()):
        with pytest.raises(ModelFileError, match="cannot be read"):
            UnknownScorer.from_bytes(content)


def test_the_rule_travels_in_the_description() -> None:
    rule = UnknownRule(1.5, 0.05, 120)
    info = ModelInfo(("a", "b"), PixelParams(8, 8, 1), unknown=rule)
    assert ModelInfo.from_json(info.to_json()) == info
    with pytest.raises(ModelFileError, match="unknown images"):
        ModelInfo.from_json(info.to_json().replace('"threshold": 1.5', '"threshold": "high"'))
