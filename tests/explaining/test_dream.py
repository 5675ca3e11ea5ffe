"""Pictures that excite a channel: more than real images do, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from convonet.errors import Cancelled, InputError
from convonet.events import Progressed, Watch
from convonet.explaining.dream import activations, channel_names, dream
from convonet.explaining.network_layers import find_layer
from convonet.nets.backend import keras

NETWORK = {"family": "convonet", "num_filters": 4, "num_units": 8}


def test_activations_are_means_over_all_places(make_model, images) -> None:
    model = make_model(**NETWORK)
    network = model.keras_model
    cut = keras.Model(network.inputs[0], network.get_layer("conv_2").output)
    expected = cut.predict_on_batch(images().astype(np.float32)).mean(axis=(1, 2))
    found = activations(model, find_layer(network, "conv_2"), images())
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    logits = activations(model, find_layer(network, "output"), images())
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), model.predict(images()), rtol=1e-4)


def test_a_dream_is_beyond_noise_and_repeats_by_its_seed(make_model, images) -> None:
    model = make_model(**NETWORK)
    one, again = (dream(model, "conv_2", [1, 3], steps=40, seed=4, images=images()) for _ in range(2))
    other = dream(model, "conv_2", [1, 3], steps=40, seed=5)
    for first, second, third in zip(one, again, other, strict=True):
        np.testing.assert_array_equal(first.pixels, second.pixels)
        assert (first.pixels != third.pixels).any()
        assert first.reached > first.start
        assert first.best is not None
        assert third.best is None
    whole = activations(model, find_layer(model.keras_model, "conv_2"), np.stack([d.pixels for d in one]))
    assert [d.reached for d in one] == pytest.approx([whole[0, 1], whole[1, 3]])


def test_a_class_is_a_channel_of_the_last_layer(make_model) -> None:
    model = make_model(**NETWORK)
    (one,) = dream(model, "output", [2], steps=40)
    logits = activations(model, find_layer(model.keras_model, "output"), one.pixels[np.newaxis])
    assert logits[0, 2] == pytest.approx(one.reached)
    assert one.reached > one.start + 0.1
    assert channel_names(model, "output") == ["class 0", "class 1", "class 2"]
    assert channel_names(model, "conv_1") == ["channel 0", "channel 1", "channel 2", "channel 3"]


def test_wrong_wishes_and_stopping(make_model) -> None:
    model = make_model(**NETWORK)
    with pytest.raises(InputError, match=r"no such channel.*0 to 3.*received 4"):
        dream(model, "conv_1", [4], steps=1)
    with pytest.raises(InputError, match="no such layer"):
        dream(model, "conv_7", [0], steps=1)
    told: list[Progressed] = []
    watch = Watch(told.append, lambda: bool(told))  # type: ignore[arg-type]
    with pytest.raises(Cancelled):
        dream(model, "conv_1", [0], steps=100_000, watch=watch)


@pytest.mark.slow
def test_a_dream_through_a_nested_base(make_model, images) -> None:
    shape = (64, 64, 3)
    model = make_model(shape, family="transfer", base="efficientnet_lite0", base_weights="random")
    (one,) = dream(model, "block2a_project_conv", [0], steps=60, images=images(shape, 20))
    assert one.layer == "efficientnet_lite0/block2a_project_conv"
    assert one.best is not None
    assert one.reached > one.best
