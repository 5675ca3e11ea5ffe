"""Probabilities are made once, and rightly, from each kind of output."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.special import expit, softmax

from convonet.inference.probabilities import to_probabilities

LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 0.0], [900.0, -900.0, 0.0]], np.float32)
LOGIT = np.array([[0.3], [-4.0], [800.0], [-800.0]], np.float32)


@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
def test_logits_are_a_softmax(temperature: float) -> None:
    made = to_probabilities(LOGITS, "logits", temperature)
    np.testing.assert_allclose(made, softmax(LOGITS / temperature, axis=1), atol=1e-7)
    assert made.dtype == np.float32


@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
def test_one_logit_is_the_second_class(temperature: float) -> None:
    made = to_probabilities(LOGIT, "sigmoid_logit", temperature)
    second = expit(LOGIT.astype(float) / temperature)
    np.testing.assert_allclose(made, np.hstack([1 - second, second]), atol=1e-7)


def test_one_sigmoid_is_the_second_class() -> None:
    made = to_probabilities(np.array([[0.25], [1.0]], np.float32), "sigmoid")
    np.testing.assert_array_equal(made, np.float32([[0.75, 0.25], [0.0, 1.0]]))


def test_probabilities_stay_as_they_are() -> None:
    given = softmax(LOGITS, axis=1)
    assert to_probabilities(given, "probabilities").tobytes() == given.tobytes()


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_a_temperature_on_probabilities_is_one_on_their_logits(temperature: float) -> None:
    given = softmax(LOGITS[:2].astype(float), axis=1)
    warmed = to_probabilities(given, "probabilities", temperature)
    np.testing.assert_allclose(warmed, to_probabilities(LOGITS[:2], "logits", temperature), atol=1e-7)


def test_a_temperature_on_a_sigmoid_is_one_on_its_logit() -> None:
    warmed = to_probabilities(expit(LOGIT[:2].astype(float)), "sigmoid", 2.0)
    np.testing.assert_allclose(warmed, to_probabilities(LOGIT[:2], "sigmoid_logit", 2.0), atol=1e-7)


def test_impossible_classes_stay_impossible_at_any_temperature() -> None:
    assert to_probabilities(np.float32([[0.0, 1.0]]), "probabilities", 5.0).tolist() == [[0.0, 1.0]]


def test_many_rows_need_little_more_memory_than_their_probabilities() -> None:
    logits = np.random.default_rng(0).normal(size=(10_000, 1000)).astype(np.float32)
    tracemalloc.start()
    made = to_probabilities(logits, "logits")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * made.nbytes
    # The rows around the places where one block ends and the next begins are those of a softmax of all.
    np.testing.assert_allclose(made[1000:3200], softmax(logits[1000:3200].astype(float), axis=1), atol=1e-7)
    np.testing.assert_allclose(made[-100:], softmax(logits[-100:].astype(float), axis=1), atol=1e-7)
