"""From probabilities to answers."""

from __future__ import annotations

import numpy as np
import pytest

from convonet.errors import ParamError
from convonet.inference.decide import confidences, positive_label, predicted_labels, top_k

TWO = np.float32([[0.7, 0.3], [0.71, 0.29], [0.2, 0.8], [0.5, 0.5]])


def test_the_likeliest_class_and_of_equals_the_first() -> None:
    assert predicted_labels(TWO).tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("threshold", "positive", "labels"),
    [
        (np.float32(0.3), None, [1, 0, 1, 1]),
        (0.5, 1, [0, 0, 1, 1]),
        (0.5, 0, [0, 0, 1, 0]),
        (0.0, 0, [0, 0, 0, 0]),
        (1.0, 0, [1, 1, 1, 1]),
    ],
)
def test_positive_at_or_above_the_threshold(
    threshold: float, positive: int | None, labels: list[int]
) -> None:
    assert predicted_labels(TWO, threshold=threshold, positive=positive).tolist() == labels


@pytest.mark.parametrize(("classes", "threshold"), [(3, 0.5), (2, 1.5), (2, -0.1)])
def test_a_threshold_that_makes_no_sense(classes: int, threshold: float) -> None:
    with pytest.raises(ParamError, match="threshold"):
        predicted_labels(np.full((1, classes), 1 / classes), threshold=threshold)


def test_the_confidence_is_that_of_the_predicted_class() -> None:
    labels = predicted_labels(TWO, threshold=0.25)
    assert confidences(TWO, labels).tolist() == np.float32([0.3, 0.29, 0.8, 0.5]).tolist()


def test_top_k_is_sorted_and_stable() -> None:
    top = top_k(np.array([[0.2, 0.5, 0.2, 0.1]]), 3)
    assert top.labels.tolist() == [[1, 0, 2]]
    assert top.probabilities.tolist() == [[0.5, 0.2, 0.2]]
    assert top_k(TWO, 9).labels.shape == (4, 2)


def test_the_positive_class_by_name() -> None:
    assert positive_label(["NORMAL", "PNEUMONIA"], "NORMAL") == 0
    assert positive_label(["NORMAL", "PNEUMONIA"], None) == 1
    with pytest.raises(ParamError, match="Did you mean PNEUMONIA"):
        positive_label(["NORMAL", "PNEUMONIA"], "PNEUMONA")
    with pytest.raises(ParamError, match="only if there are two"):
        positive_label(["a", "b", "c"], "a")
