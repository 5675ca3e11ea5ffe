"""Networks are built in one place, from values and a seed."""

from __future__ import annotations

import numpy as np
import pytest

from convonet.errors import DataError, ParamError
from convonet.nets.backend import keras
from convonet.nets.families import BUILDERS
from convonet.nets.layers import seed_of
from convonet.params import FAMILIES, PixelParams


def weights(model) -> list[np.ndarray]:
    return [np.asarray(value) for value in model.keras_model.get_weights()]


def test_every_declared_family_has_a_builder() -> None:
    assert set(BUILDERS) == set(FAMILIES)


def test_the_reference_network_row_by_row(make_model) -> None:
    model = make_model((28, 28, 1), 10)
    rows = [(type(layer).__name__, layer.count_params()) for layer in model.keras_model.layers]
    assert rows == [
        ("InputLayer", 0),
        ("Rescaling", 0),
        ("Conv2D", 320),
        ("MaxPooling2D", 0),
        ("Conv2D", 9_248),
        ("MaxPooling2D", 0),
        ("Flatten", 0),
        ("Dense", 803_328),
        ("Dropout", 0),
        ("Dense", 5_130),
    ]
    first = model.keras_model.get_layer("conv_1")
    assert (first.padding, first.activation.__name__) == ("same", "relu")
    assert type(first.kernel_initializer).__name__ == "HeUniform"
    assert model.keras_model.get_layer("drop_1").rate == 0.2
    assert model.keras_model.get_layer("output").activation.__name__ == "softmax"


def test_values_that_are_set_reach_the_network(make_model) -> None:
    model = make_model((28, 28, 1), 10, num_filters=4, kernel_size=5, num_units=7, drop_out=0.5)
    assert model.keras_model.get_layer("conv_2").kernel.shape == (5, 5, 4, 4)
    assert model.keras_model.get_layer("dense_1").units == 7
    assert model.keras_model.get_layer("drop_1").rate == 0.5


def test_the_same_seed_gives_the_same_weights_whatever_was_built_before(make_model) -> None:
    first = weights(make_model(seed=3))
    keras.utils.set_random_seed(99)
    make_model(seed=8)
    again = weights(make_model(seed=3))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    other = weights(make_model(seed=4))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True) if a.any())


def test_no_two_layers_start_alike(make_model) -> None:
    model = make_model((8, 8, 1), 2, family="dense", hidden_units=[16, 16, 16]).keras_model
    second, third = (model.get_layer(name).get_weights()[0] for name in ("dense_2", "dense_3"))
    assert not np.array_equal(second, third)


def test_seeds_of_layers_are_hashed() -> None:
    seeds = {seed_of(seed, name) for seed in range(50) for name in ("conv_1", "conv_2", "drop_1")}
    assert len(seeds) == 150
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert seed_of(0, "conv_1") == 558_202_768  # another value would change every saved run


def test_every_dropout_has_a_seed_of_its_own(make_model) -> None:
    model = make_model((8, 8, 1), 2, family="dense", hidden_units=[4, 4], drop_out=0.1).keras_model
    seeds = [layer.seed for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert len(seeds) == 2
    assert None not in seeds
    assert seeds[0] != seeds[1]


def test_no_row_for_a_dropout_of_nothing(make_model) -> None:
    assert not [layer for layer in make_model(drop_out=0).keras_model.layers if "drop" in layer.name]


def test_raw_pixels_are_scaled_by_the_first_row(make_model, images) -> None:
    shape = (12, 10, 3)
    pixels = images(shape)
    cases = {
        "unit": pixels / 255,
        "symmetric": pixels / 127.5 - 1,
        "imagenet": (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
        "standard": (pixels / 255 - [0.4, 0.5, 0.6]) / 0.25,
    }
    for scaling, expected in cases.items():
        model = make_model(shape, scaling=scaling, mean=(0.4, 0.5, 0.6), deviation=(0.25,)).keras_model
        inner = keras.Model(model.input, model.get_layer("scaling").output)
        made = keras.ops.convert_to_numpy(inner(pixels.astype("float32")))
        np.testing.assert_allclose(made, expected, atol=2e-6, err_msg=scaling)
    assert "scaling" not in [layer.name for layer in make_model(scaling="none").keras_model.layers]


@pytest.mark.parametrize(
    ("family", "least"),
    [("convonet", 4), ("simple", 4), ("three_block", 16), ("alexnet", 67), ("vgg_small", 8), ("custom", 10)],
)
def test_too_small_an_image_is_refused_with_the_least_size(make_model, family, least) -> None:
    units = {"num_units": 16} if family == "alexnet" else {}
    make_model((least, least, 1), family=family, **units)
    with pytest.raises(DataError) as caught:
        make_model((least - 1, 90, 1), family=family, **units)
    assert f"at least {least}×{least} pixels" in str(caught.value)
    assert f"{least - 1}×90" in str(caught.value)
    assert family in str(caught.value)


@pytest.mark.parametrize("family", ["convonet", "dense"])
def test_a_network_larger_than_the_memory_is_refused_before_it_is_built(make_model, family) -> None:
    values = {"num_units": 65_536} if family == "convonet" else {"hidden_units": [65_536]}
    with pytest.raises(ParamError, match=r"too large for this machine.*smaller image size"):
        make_model((4000, 4000, 3), family=family, **values)


def test_what_does_not_go_together(make_model) -> None:
    with pytest.raises(ParamError, match="did you mean convonet"):
        make_model(family="convnet")
    with pytest.raises(DataError, match="two classes"):
        make_model(classes=1)
    with pytest.raises(ParamError, match="standard scaling"):
        make_model(scaling="standard")


def test_the_model_says_what_it_is(make_model) -> None:
    info = make_model((12, 10, 3), 4, scaling="symmetric").info
    assert info.classes == ("class 0", "class 1", "class 2", "class 3")
    assert info.pixels == PixelParams(12, 10, 3)
    assert (info.scaling, info.inside, info.output, info.family) == (
        "symmetric",
        True,
        "probabilities",
        "convonet",
    )
    assert info.made_by.startswith("convonet ")
