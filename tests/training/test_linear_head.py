"""The head that is fitted to convergence, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from convonet.errors import Cancelled
from convonet.events import Watch
from convonet.training.linear_head import STRENGTHS, fit_head
from convonet.training.losses import balanced_weights


def made(count: int, features: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(count)
    labels = np.concatenate([np.zeros(count // 3, int), rng.integers(0, classes, count - count // 3)])
    rows = rng.normal(size=(count, features)) * rng.uniform(0.1, 5, features) + rng.normal(size=features)
    rows[:, :classes] += 0.7 * np.eye(classes)[labels]
    return rows, labels


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


@pytest.mark.parametrize(("count", "features", "classes"), [(300, 20, 3), (60, 200, 4), (80, 30, 2)])
@pytest.mark.parametrize("strength", [1e-3, 1.0])
@pytest.mark.parametrize("balanced", [False, True])
def test_the_numbers_are_those_of_scikit_learn(
    count: int, features: int, classes: int, strength: float, balanced: bool
) -> None:
    rows, labels = made(count, features, classes)
    weights = balanced_weights(labels, classes) if balanced else None
    head = fit_head(rows, labels, classes, strength=strength, class_weights=weights)
    scaler = StandardScaler().fit(rows)
    # Of two classes scikit-learn fits one row; two opposite rows of half the size are penalised half as much.
    own = 2 * strength if classes == 2 else strength
    other = LogisticRegression(
        C=own, tol=1e-10, max_iter=10_000, class_weight="balanced" if balanced else None
    ).fit(scaler.transform(rows), labels)
    expected = other.predict_proba(scaler.transform(rows))
    np.testing.assert_allclose(softmax(head.logits(rows)), expected, atol=2e-5)


def test_the_strength_is_the_one_that_generalises() -> None:
    rows, labels = made(150, 400, 3)
    head = fit_head(rows, labels, 3)
    assert set(head.tried) <= set(STRENGTHS)
    assert head.strength == head.tried[int(np.argmin(head.fold_loss))]
    fresh, truths = made(151, 400, 3)
    again = fit_head(rows, labels, 3)
    np.testing.assert_array_equal(head.weights, again.weights)
    assert fresh.shape[1] == len(head.weights)
    assert len(truths) == 151


def test_a_constant_feature_and_a_class_of_one_image_do_no_harm() -> None:
    rows, labels = made(30, 5, 2)
    rows[:, 4] = 3.0
    labels[0] = 2
    head = fit_head(rows, labels, 3)
    assert np.isfinite(head.weights).all()
    assert not head.tried


def test_it_can_be_stopped() -> None:
    rows, labels = made(60, 10, 2)
    with pytest.raises(Cancelled):
        fit_head(rows, labels, 2, watch=Watch(should_stop=lambda: True))
