"""What explaining is for, seen on a network that was trained on digits in one corner of a noisy picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from convonet.events import Watch
from convonet.explaining import EXPLAINERS, ExplainedModel, ExplainSettings, explain_images
from convonet.explaining.dream import dream
from convonet.nets import NetModel
from convonet.nets.backend import keras

pytestmark = pytest.mark.slow
SIDE, CORNER = 48, 16
SHARE = (CORNER / SIDE) ** 2
EPOCHS = 8
NETWORK = {"family": "convonet", "num_filters": 16, "num_units": 64}


class Trained(NamedTuple):
    model: NetModel
    images: np.ndarray
    labels: np.ndarray


def _pictures(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    pictures = rng.integers(0, 256, (len(digits), SIDE, SIDE, 1), dtype=np.uint8)
    pictures[:, :CORNER, :CORNER, 0] = digits.repeat(2, axis=1).repeat(2, axis=2)
    return pictures


@pytest.fixture(scope="module")
def trained(make_model) -> Trained:
    from sklearn.datasets import load_digits

    found, rng = load_digits(), np.random.default_rng(0)
    digits, labels = (found.images * 255 / 16).astype(np.uint8), found.target.astype(np.int64)
    keras.utils.set_random_seed(0)
    model = make_model((SIDE, SIDE, 1), 10, **NETWORK)
    optimizer = keras.optimizers.Adam(0.002)
    model.keras_model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
    for _ in range(EPOCHS):
        pictures = _pictures(digits[:1500], rng).astype(np.float32)
        model.keras_model.fit(pictures, labels[:1500], batch_size=64, verbose=0)
    images = _pictures(digits[1500:], rng)
    answers = model.predict(images).argmax(axis=1)
    assert (answers == labels[1500:]).mean() > 0.85
    return Trained(model, images[:100], answers[:100])


def _in_corner(values: np.ndarray) -> float:
    """The median of the mass that lies in the corner."""
    total = values.sum(axis=(1, 2))
    return float(np.median(values[:, :CORNER, :CORNER].sum(axis=(1, 2)) / np.where(total > 0, total, 1)))


@pytest.mark.parametrize("method", ["grad_cam", "saliency"])
def test_maps_lie_where_the_digit_is_and_with_shuffled_weights_they_do_not(
    trained: Trained, method: str
) -> None:
    explained, explain = ExplainedModel(trained.model), EXPLAINERS[method].explain
    found = explain(explained, trained.images, trained.labels, ExplainSettings(), Watch()).values
    assert _in_corner(found) >= 3 * SHARE
    for seed in range(3):
        with explained.shuffled(seed) as other:
            shuffled = explain(other, trained.images, trained.labels, ExplainSettings(), Watch()).values
        assert _in_corner(shuffled) < 3 * SHARE


def test_the_check_finds_these_maps_faithful(trained: Trained) -> None:
    explained, paths = ExplainedModel(trained.model), [str(place) for place in range(20)]
    found = list(explain_images(explained, trained.images[:20], paths, faithful=True))
    good = [one.faithful.deletion.better for one in found if one.faithful is not None]
    alike = [one.faithful.likeness for one in found if one.faithful is not None]
    assert sum(good) >= 15
    assert np.median(alike) < 0.5


def test_a_dream_goes_beyond_the_best_of_a_hundred_images(trained: Trained) -> None:
    for layer in ("conv_1", "conv_2", "output"):
        for one in dream(trained.model, layer, range(8), images=trained.images):
            assert one.best is not None
            assert one.reached > one.best, (layer, one.channel)
