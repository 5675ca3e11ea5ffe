"""Candidates compared on the same validation images."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.metrics import log_loss

from convonet.planning import compare, score_validation


def probabilities(labels: np.ndarray, sharpness: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(labels), 3)) + sharpness * np.eye(3)[labels]
    return np.exp(log_softmax(logits, axis=1))


LABELS = np.arange(300) % 3


def test_the_score_is_the_calibrated_log_loss() -> None:
    sure = probabilities(LABELS, 2.0, 0)
    score, losses = score_validation(LABELS, sure)
    cooled = np.exp(log_softmax(np.log(sure) / score.temperature, axis=1))
    assert score.log_loss == pytest.approx(log_loss(LABELS, cooled), rel=1e-9)
    assert losses.mean() == pytest.approx(score.log_loss)
    others = (log_loss(LABELS, np.exp(log_softmax(np.log(sure) / t, axis=1))) for t in (0.5, 0.9, 1.1, 2))
    assert all(score.log_loss <= other + 1e-9 for other in others)
    assert score.accuracy == (sure.argmax(1) == LABELS).mean()
    assert score.majority == pytest.approx(1 / 3)


def test_being_too_sure_is_no_fault_after_calibration() -> None:
    plain = probabilities(LABELS, 2.0, 0)
    sharp = plain**3 / (plain**3).sum(1, keepdims=True)
    first, second = (score_validation(LABELS, one)[0] for one in (plain, sharp))
    assert first.log_loss == pytest.approx(second.log_loss, rel=1e-3)


def test_a_clear_difference_is_none_of_chance_and_a_small_one_is_a_tie() -> None:
    good, bad = (score_validation(LABELS, probabilities(LABELS, s, 1))[1] for s in (3.0, 1.0))
    compared = compare(good, bad)
    assert compared.difference < 0
    assert not compared.tied
    assert compared.standard_error == pytest.approx((good - bad).std(ddof=1) / np.sqrt(300))
    rng = np.random.default_rng(0)
    noise = rng.normal(size=300)
    assert compare(good, good + noise - noise.mean()).tied


def test_one_class_for_everything_has_collapsed_and_certain_mistakes_are_finite() -> None:
    rows = np.tile([1.0, 0.0, 0.0], (300, 1))
    score, losses = score_validation(LABELS, rows)
    assert score.collapsed
    assert np.isfinite(losses).all()
