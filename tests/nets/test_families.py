"""A contract that every family keeps, and the published numbers of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convonet.errors import ParamError
from convonet.inference.onnx_model import OnnxModel
from convonet.nets import NetModel, export_onnx
from convonet.nets.backend import keras, name
from convonet.params import FAMILIES, HyperParams
from convonet.params.fields import fields_of

SMALL: dict[str, tuple[tuple[int, int, int], dict[str, Any]]] = {
    "alexnet": ((67, 70, 3), {"num_units": 16}),
    "resnet_small": ((12, 9, 3), {"num_blocks": 1, "num_filters": 4}),
    "lenet5": ((28, 26, 1), {}),
    "three_block": ((18, 16, 1), {}),
    "transfer": ((32, 34, 3), {"base": "efficientnet_lite0", "base_weights": "random"}),
}
LOSSES = {
    "probabilities": keras.losses.SparseCategoricalCrossentropy(),
    "logits": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "sigmoid": keras.losses.BinaryCrossentropy(),
    "sigmoid_logit": keras.losses.BinaryCrossentropy(from_logits=True),
}


@pytest.fixture
def build(make_model):
    """`build(family, classes, …)`: a small network of any family."""

    def make(family: str, classes: int = 3, **hyper: Any) -> NetModel:
        shape, values = SMALL.get(family, ((16, 13, 3), {}))
        return make_model(shape, classes, family=family, **(values | hyper))

    return make


@pytest.mark.parametrize("family", FAMILIES)
def test_it_trains_saves_opens_and_exports(build, images, tmp_path: Path, family: str) -> None:
    model = build(family)
    pixels = images(model.info.pixels.shape, 6)
    trained = model.keras_model.trainable_variables
    before = [np.array(keras.ops.convert_to_numpy(w)) for w in trained]
    model.keras_model.compile(keras.optimizers.SGD(0.01), LOSSES[model.info.output])
    loss = model.keras_model.train_on_batch(pixels.astype("float32"), np.arange(6) % 3)
    assert np.isfinite(loss)
    after = [keras.ops.convert_to_numpy(w) for w in trained]
    assert all(not np.array_equal(a, b) for a, b in zip(before, after, strict=True) if a.ndim > 1)
    made = model.predict(pixels)
    assert made.shape == (6, 3)
    np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-6)
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(NetModel.load(tmp_path / "m.keras").predict(pixels), made)
    if name() == "torch":
        assert export_onnx(model, tmp_path / "m.onnx", samples=pixels) <= 1e-5
        np.testing.assert_allclose(OnnxModel.load(tmp_path / "m.onnx").predict(pixels), made, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_its_parameters_are_declared(family: str) -> None:
    info = FAMILIES[family]
    for parameter, default in info.defaults.items():
        assert getattr(HyperParams.of({parameter: default}), parameter) == default


CHOICES = {
    "activation": ["leaky_relu", "elu", "tanh", "sigmoid", "relu"],
    "padding": ["same", "valid"],
    "stride": [2],
    "pooling": ["average", "stride", "max"],
    "global_pooling": ["none", "average", "max"],
    "batch_norm": ["none", "before", "after"],
    "l2": [0.0, 0.01],
    "leaky_slope": [0.3],
    "spatial_drop": [True],
    "drop_out": [0.0, 0.4],
    "output": ["softmax", "logits"],
    "kernel_size": [1, 5],
}


@pytest.mark.parametrize("family", FAMILIES)
def test_it_takes_every_choice_that_it_declares(make_model, images, family: str) -> None:
    shape, values = SMALL.get(family, ((0, 0, 3), {}))
    shape = shape if family in ("alexnet", "resnet_small", "transfer") else (44, 40, shape[2])
    pixels = images(shape, 2)
    for field in FAMILIES[family].defaults:
        for value in CHOICES.get(field, []):
            model = make_model(shape, 3, family=family, **(values | {field: value}))
            made = model.predict(pixels)
            np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-6, err_msg=f"{field}={value}")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("output", ["sigmoid", "sigmoid_logit"])
def test_one_output_for_two_classes(build, images, family: str, output: str) -> None:
    model = build(family, 2, output=output)
    assert model.keras_model.output_shape == (None, 1)
    assert model.info.output == output
    assert model.predict(images(model.info.pixels.shape)).shape == (7, 2)
    with pytest.raises(ParamError, match="needs two classes, received 3"):
        build(family, 3, output=output)


def test_every_network_field_is_taken_by_some_family() -> None:
    declared = {f.name for f in fields_of(HyperParams).values() if f.group == "Network"} - {"family"}
    assert declared == {field for info in FAMILIES.values() for field in info.defaults}


@pytest.mark.parametrize(
    ("family", "shape", "classes", "params"),
    [
        ("convonet", (28, 28, 1), 10, 818_026),
        ("logistic", (80, 60, 1), 55, 264_055),
        ("dense", (28, 28, 1), 10, 101_770),
        ("simple", (28, 28, 1), 10, 54_410),
        ("three_block", (80, 60, 1), 55, 88_375),
        ("lenet5", (32, 32, 1), 10, 61_706),
        ("lenet5", (28, 28, 1), 10, 61_706),
        ("alexnet", (227, 227, 3), 1000, 62_378_344),
        ("vgg_small", (32, 32, 3), 10, 1_196_586),
        ("resnet_small", (32, 32, 3), 10, 274_442),
        ("custom", (32, 32, 3), 10, 315_722),
    ],
)
def test_parameters_as_published(make_model, family, shape, classes, params) -> None:
    assert make_model(shape, classes, family=family).keras_model.count_params() == params


def test_small_vgg_counts_what_is_not_trained(make_model) -> None:
    summary = make_model((32, 32, 3), 10, family="vgg_small").summary()
    assert (summary.trainable, summary.non_trainable) == (1_195_114, 1_472)


@pytest.mark.parametrize(
    ("family", "shape", "field"),
    [("convonet", (28, 28, 1), 10), ("three_block", (80, 60, 1), 30), ("lenet5", (32, 32, 1), 32)],
)
def test_receptive_fields(make_model, family, shape, field) -> None:
    rows = make_model(shape, 10, family=family).summary().layers
    assert [row.receptive_field for row in rows if row.receptive_field][-1] == field


def test_alexnet_row_by_row(make_model) -> None:
    rows = make_model((227, 227, 3), 10, family="alexnet", num_units=8).summary().layers
    maps = [(row.output_shape[1:], row.kernel, row.stride) for row in rows if row.kernel]
    assert maps == [
        ((55, 55, 96), (11, 11), (4, 4)),
        ((27, 27, 96), (3, 3), (2, 2)),
        ((27, 27, 256), (5, 5), (1, 1)),
        ((13, 13, 256), (3, 3), (2, 2)),
        ((13, 13, 384), (3, 3), (1, 1)),
        ((13, 13, 384), (3, 3), (1, 1)),
        ((13, 13, 256), (3, 3), (1, 1)),
        ((6, 6, 256), (3, 3), (2, 2)),
    ]
    assert [row.receptive_field for row in rows if row.kernel][-1] == 195


def test_lenet_row_by_row(make_model) -> None:
    rows = make_model((32, 32, 1), 10, family="lenet5").summary().layers
    assert [(row.output_shape[1:], row.activation) for row in rows[1:]] == [
        ((28, 28, 6), "tanh"),
        ((14, 14, 6), None),
        ((10, 10, 16), "tanh"),
        ((5, 5, 16), None),
        ((1, 1, 120), "tanh"),
        ((120,), None),
        ((84,), "tanh"),
        ((10,), "softmax"),
    ]


def test_digits_are_padded_evenly_for_lenet(make_model) -> None:
    model = make_model((28, 27, 1), 10, family="lenet5").keras_model
    assert model.get_layer("pad_1").padding == ((2, 2), (2, 3))


def test_l2_is_a_penalty_on_every_kernel(make_model) -> None:
    model = make_model((8, 8, 1), 2, family="dense", hidden_units=[3], l2=0.5).keras_model
    kernels = [layer.get_weights()[0] for layer in model.layers if layer.weights]
    expected = 0.5 * sum(float((kernel**2).sum()) for kernel in kernels)
    assert sum(float(keras.ops.convert_to_numpy(loss)) for loss in model.losses) == pytest.approx(
        expected, rel=1e-5
    )


def test_the_slope_of_leaky_relu(make_model) -> None:
    model = make_model(activation="leaky_relu", leaky_slope=0.3).keras_model
    assert {layer.negative_slope for layer in model.layers if "act" in layer.name} == {0.3}


@pytest.mark.parametrize(("place", "order"), [("before", "cna"), ("after", "cn"), ("none", "c")])
def test_where_batch_normalisation_stands(make_model, place: str, order: str) -> None:
    names = [layer.name[0] for layer in make_model(batch_norm=place).keras_model.layers]
    assert "".join(names).split("p")[1].removeprefix("s") == order  # pixels, scaling, first block, pool


CUSTOM = [
    {"type": "conv", "filters": 4, "activation": "linear"},
    {"type": "norm"},
    {"type": "act", "activation": "elu"},
    {"type": "pool", "kind": "average", "size": 3, "stride": 2},
    {"type": "drop", "rate": 0.1, "spatial": True},
    {"type": "global_pool", "kind": "max"},
    {"type": "dense", "units": 5, "activation": "leaky_relu"},
]


def test_layers_of_ones_own(make_model) -> None:
    model = make_model((12, 10, 1), 3, family="custom", layers=CUSTOM).keras_model
    assert [type(layer).__name__ for layer in model.layers[2:]] == [
        "Conv2D",
        "BatchNormalization",
        "Activation",
        "AveragePooling2D",
        "SpatialDropout2D",
        "GlobalMaxPooling2D",
        "Dense",
        "LeakyReLU",
        "Dense",
    ]


def test_maps_are_flattened_where_nothing_else_does(make_model) -> None:
    model = make_model(family="custom", layers=[{"type": "conv"}]).keras_model
    assert [type(layer).__name__ for layer in model.layers[2:]] == ["Conv2D", "Flatten", "Dense"]
    twice = [{"type": "flatten"}, {"type": "flatten"}, {"type": "dense"}]
    make_model(family="custom", layers=twice)
