"""The score of unknown images: in the saved model and in the graph, for every kind of network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from convonet.events import Watch
from convonet.inference.onnx_model import OnnxModel
from convonet.nets import NetModel, export_onnx
from convonet.nets.backend import name
from convonet.training.image_rows import ImageRows
from convonet.training.unknown_fit import choose_images, fit_unknown, spread

pytestmark = pytest.mark.skipif(name() != "torch", reason="the exporter of the torch backend")
SHAPE = (12, 10, 1)


def rows_of(pixels: np.ndarray, classes: int) -> ImageRows:
    return ImageRows.all(pixels, np.arange(len(pixels)) % classes)


def fitted(model: NetModel, pixels: np.ndarray) -> NetModel | None:
    chosen = choose_images(rows_of(pixels, len(model.info.classes)), None)
    assert chosen is not None
    return fit_unknown(model, chosen, 0.05, Watch())


@pytest.mark.parametrize(
    ("classes", "hyper"),
    [
        (3, {"family": "convonet"}),
        (3, {"family": "logistic", "output": "logits"}),
        (2, {"family": "simple", "output": "sigmoid"}),
        (2, {"family": "dense", "output": "sigmoid_logit"}),
        (3, {"family": "custom", "layers": [{"type": "conv", "filters": 4}, {"type": "global_pool"}]}),
    ],
    ids=lambda value: value if isinstance(value, int) else value["family"],
)
def test_the_saved_and_the_exported_model_give_the_same_scores(
    make_model, images, tmp_path: Path, classes: int, hyper: dict[str, Any]
) -> None:
    pixels = images(SHAPE, 90)
    network = make_model(SHAPE, classes, **hyper)
    # New networks have biases of zero, which a graph may then leave out unseen.
    rng = np.random.default_rng(0)
    moved = [weights + rng.normal(0, 0.2, weights.shape) for weights in network.keras_model.get_weights()]
    network.keras_model.set_weights(moved)
    model = fitted(network, pixels)
    assert model is not None
    model.save(tmp_path / "m.keras")
    export_onnx(model, tmp_path / "m.onnx", samples=pixels[:9])
    expected = model.predict_scored(pixels)
    for opened in (NetModel.load(tmp_path / "m.keras"), OnnxModel.load(tmp_path / "m.onnx")):
        found = opened.predict_scored(pixels)
        assert found.unknown is not None
        np.testing.assert_allclose(found.unknown, expected.unknown, atol=5e-3)
        np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-5)
        np.testing.assert_allclose(opened.predict(pixels), expected.probabilities, atol=1e-5)
        assert opened.info.unknown == model.info.unknown
    onnx.checker.check_model(onnx.load(tmp_path / "m.onnx"), full_check=True)


def test_a_model_without_a_score_says_nothing_of_it(make_model, images, tmp_path: Path) -> None:
    export_onnx(make_model(SHAPE), tmp_path / "m.onnx")
    assert OnnxModel.load(tmp_path / "m.onnx").predict_scored(images(SHAPE)).unknown is None
    assert make_model(SHAPE).predict_scored(images(SHAPE)).unknown is None


def test_of_many_images_each_class_gives_the_same_number() -> None:
    labels = np.repeat([0, 1, 2], [100, 10, 40])
    chosen = spread(ImageRows.all(np.zeros((150, 1, 1, 1), np.uint8), labels), 45)
    counts = np.bincount(labels[chosen.rows])
    assert counts.tolist() == [18, 10, 17]
    assert np.all(np.diff(chosen.rows) > 0)


def test_too_few_images_set_no_threshold() -> None:
    assert choose_images(rows_of(np.zeros((30, 2, 2, 1), np.uint8), 2), None) is None
