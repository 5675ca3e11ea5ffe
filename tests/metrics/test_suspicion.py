from __future__ import annotations

import numpy as np
import pytest

from convonet.metrics import suspicion


def test_a_hand_made_case() -> None:
    shares = np.array([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.87, 0.1, 0.03], [0.2, 0.4, 0.4]])
    found = suspicion([0, 0, 1, 1, 2], shares)
    assert found.margin == pytest.approx([0.8, 0.6, 0.7, -0.77, 0.0])
    assert found.suggested.tolist() == [1, 1, 0, 0, 1]
    # Mean confidences of the classes: .85, .45, .4. Image 3 reaches that of class 0, image 4 that of its own alone.
    assert found.likely.tolist() == [False, False, False, True, False]
    assert found.worst_first().tolist() == [3, 4, 1, 2, 0]


def test_flipped_labels_come_first() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, 2000)
    logits = rng.normal(size=(2000, 5))
    logits[np.arange(2000), truth] += 4
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    flipped = rng.choice(2000, 100, replace=False)
    labels = truth.copy()
    labels[flipped] = (truth[flipped] + rng.integers(1, 5, 100)) % 5
    found = suspicion(labels, shares)
    first = set(found.worst_first()[:200].tolist())
    assert len(first & set(flipped.tolist())) >= 95
    likely = set(np.flatnonzero(found.likely).tolist())
    assert len(likely & set(flipped.tolist())) / len(likely) > 0.7
    assert (found.suggested[flipped] == truth[flipped]).mean() > 0.9


def test_a_class_without_images_is_never_likely() -> None:
    found = suspicion([0, 1], np.array([[0.2, 0.2, 0.6], [0.1, 0.2, 0.7]]))
    assert found.likely.tolist() == [False, False]
    assert found.suggested.tolist() == [2, 2]


@pytest.mark.parametrize("labels", [[0, 3], [0]])
def test_what_does_not_fit_is_refused(labels: list[int]) -> None:
    with pytest.raises(ValueError, match=r"(?i)expected"):
        suspicion(labels, np.full((2, 3), 1 / 3))
