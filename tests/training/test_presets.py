"""Every preset trains a few steps at its own size; bases have random weights here."""

from __future__ import annotations

import numpy as np
import pytest

from convonet.inference.net_input import NetInput
from convonet.nets.registry import create_model
from convonet.params import DataParams, HyperParams, SearchSpace, pixel_params, preset, preset_names
from convonet.training.image_rows import ImageRows
from convonet.training.phases import create_training

HEAVY = {"xray_vgg16", "resnet50_head", "xception_binary", "reference_lung"}
NAMES = [pytest.param(name, marks=[pytest.mark.slow] * (name in HEAVY)) for name in preset_names("hyper")]


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_trains(name: str) -> None:
    data = DataParams.of({"num_classes": 4} | preset("data", name))
    hyper = SearchSpace.of(preset("hyper", name)).first().changed(epochs=1, batch_size=8)
    if hyper.base is not None:
        hyper = hyper.changed(base_weights="random", fine_tune_epochs=min(hyper.fine_tune_epochs, 1))
    pixels = pixel_params(data, 3 if data.channels == "auto" else data.channels)
    classes = [str(place) for place in range(data.num_classes or 4)]
    model = create_model(hyper, NetInput(pixels, tuple(classes)))
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, *pixels.shape), dtype=np.uint8)
    labels = np.arange(24) % len(classes)
    train, val = ImageRows(images, labels, np.arange(16)), ImageRows(images, labels, np.arange(16, 24))
    result = create_training(model, hyper).train_val(train, val)
    assert all(np.isfinite(value) for row in result.history.rows for value in row.values())


def test_the_augmented_images_of_the_recipes_are_those_of_the_texts() -> None:
    hyper = HyperParams.of(preset("hyper", "cifar_vgg"))
    assert (hyper.rotation, hyper.shift, hyper.zoom, hyper.fill_mode) == (15, 0.1, 0.1, "nearest")
    assert (hyper.plateau_patience, hyper.stop_patience, hyper.save_best) == (5, 10, "val_accuracy")
