"""Every preset of hyperparameters describes a network that can be built at its own size."""

from __future__ import annotations

import pytest

from convonet.inference.net_input import NetInput
from convonet.nets import create_model
from convonet.params import DataParams, SearchSpace, pixel_params, preset, preset_names

PARAMS = {
    "reference_digits": 818_026,
    "hanzi_three_block": 88_375,
    "hanzi_logistic": 264_055,
    "mnist_simple": 54_410,
    "cnn_flow": 315_722,
    "xray_vgg16": 14_863_553,
    "resnet50_head": 25_696_138,
    "xception_binary": 20_863_529,
}


@pytest.mark.parametrize("name", PARAMS)
def test_the_network_of_a_preset_has_its_published_size(name: str) -> None:
    data = DataParams.of({"num_classes": 10} | preset("data", name))
    channels = data.channels if data.channels != "auto" else 3
    hyper = SearchSpace.of(preset("hyper", name)).first()
    if hyper.base is not None:
        hyper = hyper.changed(base_weights="random")
    pixels = pixel_params(data, channels)
    classes = [str(place) for place in range(data.num_classes or 10)]
    model = create_model(hyper, NetInput(pixels, tuple(classes)))
    assert model.keras_model.count_params() == PARAMS[name]


def test_presets_of_both_kinds_come_in_pairs() -> None:
    assert preset_names("hyper") == preset_names("data")
