"""What an evaluation says of images of none of the classes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from convonet.evaluation.outside import unknown_scores
from convonet.inference.unknown_rule import UnknownRule

RULE = UnknownRule(threshold=1.0, rate=0.05, images=100)
INSIDE = np.array([-1.0, 0.0, 0.5, 2.0], np.float32)


def test_numbers_are_scikit_learns() -> None:
    outside = np.random.default_rng(0).normal(1.5, 1, 100).astype(np.float32)
    found = unknown_scores(RULE, INSIDE, outside)
    truth = np.r_[np.zeros(len(INSIDE)), np.ones(len(outside))]
    assert found.auroc == pytest.approx(roc_auc_score(truth, np.r_[INSIDE, outside]))
    assert found.found == (outside > 1).mean()
    assert found.false_alarms == 0.25
    assert found.outside_images == 100


def test_at_95_percent_recall_the_false_alarms_are_counted() -> None:
    outside = np.concatenate([np.full(95, 0.4), np.full(5, -9.0)]).astype(np.float32)
    assert unknown_scores(RULE, INSIDE, outside).false_alarms_at_95_recall == 0.5


def test_without_outside_images_nothing_is_claimed() -> None:
    found = unknown_scores(RULE, INSIDE)
    assert found.auroc is None
    assert found.false_alarms == 0.25
