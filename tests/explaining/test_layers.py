"""Filters and feature maps are those of Keras itself."""

from __future__ import annotations

import numpy as np
import pytest

from convonet.errors import InputError
from convonet.explaining.feature_maps import feature_maps
from convonet.explaining.filters import filters_of
from convonet.explaining.network_layers import NamedLayer, find_layer, layers_of
from convonet.nets.backend import keras


def test_filters_are_the_weights_over_the_largest(make_model) -> None:
    model = make_model((16, 14, 3), family="convonet", num_filters=4, num_units=8)
    coloured = filters_of(find_layer(model.keras_model, "conv_1"))
    assert coloured is not None
    kernel = model.keras_model.get_layer("conv_1").get_weights()[0]
    assert coloured.tiles.shape == (4, 3, 3, 3)
    np.testing.assert_allclose(coloured.tiles[2], kernel[..., 2] / np.abs(kernel[..., 2]).max(), rtol=1e-6)
    deeper = filters_of(find_layer(model.keras_model, "conv_2"))
    assert deeper is not None
    kernel = model.keras_model.get_layer("conv_2").get_weights()[0]
    strongest = int(np.square(kernel[..., 1]).sum(axis=(0, 1)).argmax())
    weights = kernel[:, :, strongest, 1]
    np.testing.assert_allclose(deeper.tiles[1], weights / np.abs(weights).max(), rtol=1e-6)
    assert filters_of(find_layer(model.keras_model, "dense_1")) is None


@pytest.mark.parametrize(
    ("layer", "tiles"),
    [
        (keras.layers.Conv2D(5, 1), (1, 5, 4)),
        (keras.layers.DepthwiseConv2D(3, depth_multiplier=2), (8, 3, 3)),
        (keras.layers.SeparableConv2D(5, 3), (4, 3, 3)),
        (keras.layers.Conv2DTranspose(5, (2, 3)), (5, 2, 3)),
    ],
)
def test_every_kind_of_convolution_has_tiles(layer, tiles: tuple[int, ...]) -> None:
    layer.build((None, 8, 8, 4))
    found = filters_of(NamedLayer("layer", layer))
    assert found is not None
    assert found.tiles.shape == tiles
    assert np.abs(found.tiles).max() == 1


def test_maps_are_those_of_a_network_that_ends_there(make_model, images) -> None:
    model = make_model(family="convonet", num_filters=4, num_units=8, batch_norm="before")
    network, image = model.keras_model, images(count=1)
    found = feature_maps(model, image[0])
    assert [maps.layer for maps in found] == ["act_1", "pool_1", "act_2", "pool_2"]
    for maps in found:
        cut = keras.Model(network.inputs[0], network.get_layer(maps.layer).output)
        expected = cut.predict_on_batch(image.astype(np.float32))[0]
        np.testing.assert_allclose(maps.values, expected, rtol=1e-5, atol=1e-6)
        assert maps.silent == (expected == 0).all(axis=(0, 1)).sum()
    (alone,) = feature_maps(model, image[0], "conv_1")
    assert alone.layer == "conv_1"
    with pytest.raises(InputError, match="no such layer"):
        feature_maps(model, image[0], "conv_9")


@pytest.mark.slow
def test_maps_of_a_nested_base(make_model, images) -> None:
    shape = (64, 64, 3)
    model = make_model(shape, family="transfer", base="mobilenet_v2", base_weights="random")
    found = feature_maps(model, images(shape)[0])
    assert len(found) > 30
    assert found[-1].layer == "mobilenet_v2/out_relu"
    assert all(
        filters_of(row) is None or np.isfinite(filters_of(row).tiles).all()
        for row in layers_of(model.keras_model)
    )
