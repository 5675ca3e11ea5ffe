"""Networks that Keras 2 saved: every layer that is read computes what the same layer of Keras 3 does."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convonet.errors import ModelFileError
from convonet.nets import NetModel
from convonet.nets.backend import keras
from convonet.nets.keras2.layers import _KINDS
from nets.keras2_files import entry, functional, layer, sequential, write_h5, write_keras

L = keras.layers
SHAPE = (8, 6, 3)
RNG = np.random.default_rng(3)


def some(*shape: int, positive: bool = False) -> Any:
    values = RNG.normal(size=shape)
    return np.abs(values) + 0.5 if positive else values


def norm(channels: int) -> dict[str, Any]:
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    return {name: some(channels, positive=name != "beta") for name in names}


CONV = {"kernel_size": [3, 3], "padding": "same", "groups": 1, "data_format": "channels_last"}
LAYERS: dict[str, tuple[dict[str, Any], dict[str, Any], Any]] = {
    "Activation": ({"activation": "relu6"}, {}, L.Activation("relu6")),
    "ActivityRegularization": ({"l1": 0.1, "l2": 0.0}, {}, L.Identity()),
    "AlphaDropout": ({"rate": 0.2, "noise_shape": None, "seed": None}, {}, L.Identity()),
    "AveragePooling2D": (
        {"pool_size": [2, 2], "strides": [2, 1], "padding": "same"},
        {},
        L.AveragePooling2D(2, (2, 1), "same"),
    ),
    "BatchNormalization": (
        {"axis": [3], "epsilon": 0.01, "fused": True},
        norm(3),
        L.BatchNormalization(epsilon=0.01),
    ),
    "CenterCrop": ({"height": 4, "width": 3}, {}, L.CenterCrop(4, 3)),
    "Conv2D": (
        {"filters": 4, "strides": [2, 2], "activation": "relu", "kernel_initializer": {"class_name": "X"}}
        | CONV,
        {"kernel": some(3, 3, 3, 4), "bias": some(4)},
        L.Conv2D(4, 3, 2, padding="same", activation="relu"),
    ),
    "Conv2DTranspose": (
        {"filters": 2, "strides": [2, 2], "output_padding": None} | CONV,
        {"kernel": some(3, 3, 2, 3), "bias": some(2)},
        L.Conv2DTranspose(2, 3, 2, padding="same"),
    ),
    "Cropping2D": ({"cropping": [[1, 0], [0, 2]]}, {}, L.Cropping2D(((1, 0), (0, 2)))),
    "Dense": (
        {"units": 2, "use_bias": False, "activation": "tanh"},
        {"kernel": some(3, 2)},
        L.Dense(2, "tanh", use_bias=False),
    ),
    "DepthwiseConv2D": (
        {"depth_multiplier": 2, "filters": 7} | CONV,
        {"depthwise_kernel": some(3, 3, 3, 2), "bias": some(6)},
        L.DepthwiseConv2D(3, padding="same", depth_multiplier=2),
    ),
    "Dropout": ({"rate": 0.5, "noise_shape": None, "seed": 3}, {}, L.Identity()),
    "ELU": ({"alpha": 0.7}, {}, L.ELU(0.7)),
    "Flatten": ({"data_format": "channels_last"}, {}, L.Flatten()),
    "GaussianDropout": ({"rate": 0.3}, {}, L.Identity()),
    "GaussianNoise": ({"stddev": 0.3}, {}, L.Identity()),
    "GlobalAveragePooling2D": ({"keepdims": False}, {}, L.GlobalAveragePooling2D()),
    "GlobalMaxPooling2D": ({"keepdims": True}, {}, L.GlobalMaxPooling2D(keepdims=True)),
    "LayerNormalization": (
        {"axis": [3], "epsilon": 0.002},
        {"gamma": some(3), "beta": some(3)},
        L.LayerNormalization(epsilon=0.002),
    ),
    "LeakyReLU": ({"alpha": {"dtype": "float32", "value": 0.25}}, {}, L.LeakyReLU(0.25)),
    "MaxPooling2D": ({"pool_size": [2, 2], "strides": None}, {}, L.MaxPooling2D(2)),
    "Normalization": (
        {"axis": [-1], "mean": None, "variance": None, "invert": False},
        {"mean": some(3), "variance": some(3, positive=True), "count": 5},
        None,
    ),
    "PReLU": ({"shared_axes": [1, 2]}, {"alpha": some(1, 1, 3)}, L.PReLU(shared_axes=(1, 2))),
    "Permute": ({"dims": [2, 1, 3]}, {}, L.Permute((2, 1, 3))),
    "RandomBrightness": ({"factor": [-0.2, 0.2], "value_range": [0, 255], "seed": None}, {}, L.Identity()),
    "RandomContrast": ({"factor": 0.1, "seed": None}, {}, L.Identity()),
    "RandomFlip": ({"mode": "horizontal", "seed": None}, {}, L.Identity()),
    "RandomHeight": ({"factor": 0.2, "interpolation": "bilinear", "seed": None}, {}, L.Identity()),
    "RandomRotation": ({"factor": 0.2, "fill_mode": "reflect", "fill_value": 0.0}, {}, L.Identity()),
    "RandomTranslation": ({"height_factor": 0.2, "width_factor": 0.2}, {}, L.Identity()),
    "RandomWidth": ({"factor": [0.1, 0.2], "interpolation": "nearest"}, {}, L.Identity()),
    "RandomZoom": ({"height_factor": 0.1, "width_factor": None}, {}, L.Identity()),
    "ReLU": ({"max_value": 0.8, "negative_slope": 0.1, "threshold": 0.0}, {}, L.ReLU(0.8, 0.1)),
    "Rescaling": ({"scale": 0.5, "offset": [1.0, 2.0, 3.0]}, {}, L.Rescaling(0.5, [1.0, 2.0, 3.0])),
    "Reshape": ({"target_shape": [6, 8, 3]}, {}, L.Reshape((6, 8, 3))),
    "Resizing": (
        {"height": 4, "width": 4, "interpolation": "nearest", "crop_to_aspect_ratio": False},
        {},
        L.Resizing(4, 4, "nearest"),
    ),
    "SeparableConv2D": (
        {"filters": 4, "depth_multiplier": 1} | CONV,
        {"depthwise_kernel": some(3, 3, 3, 1), "pointwise_kernel": some(1, 1, 3, 4), "bias": some(4)},
        L.SeparableConv2D(4, 3, padding="same"),
    ),
    "Softmax": ({"axis": -1}, {}, L.Softmax()),
    "SpatialDropout2D": ({"rate": 0.2}, {}, L.Identity()),
    "UpSampling2D": ({"size": [2, 2], "interpolation": "nearest"}, {}, L.UpSampling2D(2)),
    "ZeroPadding2D": ({"padding": [[0, 1], [0, 1]]}, {}, L.ZeroPadding2D(((0, 1), (0, 1)))),
}
MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")


def images(count: int = 2) -> Any:
    return np.random.default_rng(9).integers(0, 256, (count, *SHAPE), dtype=np.uint8)


def head(before: str | None = None) -> list[dict[str, Any]]:
    """Rows that make a classifier of any map, and need weights of a size that the test knows."""
    rows = [("Flatten", "flat", {}), ("Dense", "head", {"units": 2, "activation": "softmax"})]
    if before is None:
        return [layer(kind, name, **config) for kind, name, config in rows]
    return [
        layer(kind, name, after=source, **config)
        for (kind, name, config), source in zip(rows, (before, "flat"), strict=True)
    ]


def test_the_table_has_every_layer() -> None:
    assert set(LAYERS) | set(MERGING) == set(_KINDS)


@pytest.mark.parametrize("ending", [".h5", ".keras"])
@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_computes_as_in_keras_3(tmp_path: Path, kind: str, ending: str) -> None:
    config, weights, same = LAYERS[kind]
    reference = keras.Sequential([keras.Input(SHAPE), same or L.Identity()])
    x = images().astype(np.float32) / 255
    if same is None:
        due = (x - weights["mean"]) / np.sqrt(weights["variance"])
    else:
        keras_3 = [v for v in same.variables if "seed" not in v.path]
        for variable, values in zip(keras_3, weights.values(), strict=True):
            variable.assign(values)
        due = reference.predict(x, verbose=0)
    flat = due.reshape(len(due), -1)
    kernel = np.random.default_rng(1).normal(size=(flat.shape[1], 2)) / flat.shape[1]
    network = sequential("net", entry("in", SHAPE), layer(kind, "one/tested", **config), *head())
    dense = {"kernel": kernel, "bias": [0.1, 0.0]}
    if ending == ".h5":
        held = {"one/tested": {f"one/tested/{name}:0": v for name, v in weights.items()}}
        held |= {"head": {f"head/{name}:0": v for name, v in dense.items()}}
        path = write_h5(tmp_path / "m.h5", network, held)
    else:
        word = keras.src.utils.naming.to_snake_case(kind)
        held = {f"layers/{word}/vars/{i}": v for i, v in enumerate(weights.values())}
        number = "_1" if kind == "Dense" else ""
        held |= {f"layers/dense{number}/vars/{i}": v for i, v in enumerate(dense.values())}
        path = write_keras(tmp_path / "m.keras", network, held)
    opened = NetModel.load(path, scaling="none" if kind in ("Rescaling", "Normalization") else "unit")
    logits = flat @ kernel + [0.1, 0.0]
    if opened.info.inside:  # A scaling in the file takes the pixels as they are.
        opened.keras_model.layers[0].trainable = False
        got = opened.keras_model.predict_on_batch(x)
    else:
        got = opened.predict(images())
    np.testing.assert_allclose(got, np.exp(logits) / np.exp(logits).sum(1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize("kind", MERGING)
def test_layers_that_take_several(tmp_path: Path, kind: str) -> None:
    config = {"axis": -1} if kind == "Concatenate" else {}
    network = functional(
        "net",
        "in",
        "head",
        entry("in", SHAPE, inside_functional=True),
        layer("ReLU", "a", after="in", max_value=0.5, negative_slope=0.0, threshold=0.0),
        layer(kind, "both", after=[[["in", 0, 0], ["a", 0, 0]]], **config),
        *head("both"),
    )
    x = images().astype(np.float32) / 255
    due = getattr(L, kind)()([x, np.minimum(x, 0.5)])
    flat = keras.ops.convert_to_numpy(due).reshape(2, -1)
    kernel = np.random.default_rng(1).normal(size=(flat.shape[1], 2)) / 50
    held = {"head": {"head/kernel:0": kernel, "head/bias:0": [0, 0]}}
    opened = NetModel.load(write_h5(tmp_path / "m.h5", network, held), scaling="unit")
    logits = flat @ kernel
    due = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(opened.predict(images()), due, atol=1e-5)


CONVOLUTION = layer("Conv2D", "conv", filters=2, **CONV, activation="relu")
KERNEL = some(3, 3, 3, 2)
DENSE = some(96, 2) / 50
PLAIN = {
    "conv": {"conv/kernel:0": KERNEL, "conv/bias:0": [0.1, 0.2]},
    "head": {"head/kernel:0": DENSE, "head/bias:0": [0, 0]},
}
NESTED = {"inner": dict(PLAIN["conv"]), "head": PLAIN["head"]}


def told(first: dict[str, Any]) -> dict[str, Any]:
    """A first layer that tells the size of images, as Keras 2 wrote it where there was no input layer."""
    return first | {"config": first["config"] | {"batch_input_shape": [None, *SHAPE]}}


def inner(*rows: dict[str, Any]) -> dict[str, Any]:
    return sequential("inner", *rows)


def flow(kind: str, extra: list[Any]) -> dict[str, Any]:
    """The plain network as a graph; `extra` ends each connection."""
    rows = [CONVOLUTION, *head()]
    names = ["in", "conv", "flat", "head"]
    layers = [
        row | {"name": name, "inbound_nodes": [[[before, 0, 0, *extra]]]}
        for row, name, before in zip(rows, names[1:], names, strict=False)
    ]
    return functional("net", "in", "head", entry("in", SHAPE, inside_functional=True), *layers, kind=kind)


def flattened_ends() -> dict[str, Any]:
    made = flow("Functional", [{}])
    made["config"] |= {"input_layers": ["in", 0, 0], "output_layers": ["head", 0, 0]}
    return made


def backwards() -> dict[str, Any]:
    made = flow("Functional", [{}])
    made["config"]["layers"].reverse()
    return made


WAYS = {
    "an input layer": (sequential("net", entry("in", SHAPE), CONVOLUTION, *head()), PLAIN),
    "the size with the first layer": (sequential("net", told(CONVOLUTION), *head()), PLAIN),
    "a bare list": ({"class_name": "Sequential", "config": [told(CONVOLUTION), *head()]}, PLAIN),
    "a built shape": (
        {
            "class_name": "Sequential",
            "config": {"name": "net", "build_input_shape": [None, *SHAPE], "layers": [CONVOLUTION, *head()]},
        },
        PLAIN,
    ),
    "a graph": (flow("Functional", [{}]), PLAIN),
    "a graph called Model": (flow("Model", [{}]), PLAIN),
    "connections of three items": (flow("Model", []), PLAIN),
    "ends that are no list of lists": (flattened_ends(), PLAIN),
    "layers in another order": (backwards(), PLAIN),
    "a sequence in a sequence": (
        sequential("net", entry("a", SHAPE), inner(entry("b", SHAPE), CONVOLUTION), *head()),
        NESTED,
    ),
    "a sequence that only its inner one tells the size of": (
        sequential("net", inner(told(CONVOLUTION)), *head()),
        NESTED,
    ),
    "three deep": (
        sequential("net", sequential("inner", inner(told(CONVOLUTION))), *head()),
        NESTED,
    ),
    "weights under a longer path": (
        sequential("net", inner(told(CONVOLUTION)), *head()),
        {"inner": {f"inner/sub/{name}": v for name, v in PLAIN["conv"].items()}, "head": PLAIN["head"]},
    ),
    "weights of a renamed layer": (
        sequential("net", told(CONVOLUTION), *head()),
        {"conv": {"old_name/kernel_1:0": KERNEL, "old_name/bias_1:0": [0.1, 0.2]}, "head": PLAIN["head"]},
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_describe_a_network(tmp_path: Path, way: str) -> None:
    config, weights = WAYS[way]
    opened = NetModel.load(write_h5(tmp_path / "m.h5", config, weights, version="2.2.4-tf"), scaling="unit")
    conv, dense = L.Conv2D(2, 3, padding="same", activation="relu"), L.Dense(2, "softmax")
    plain = keras.Sequential([keras.Input(SHAPE), conv, L.Flatten(), dense])
    plain.set_weights([KERNEL, np.array([0.1, 0.2]), DENSE, np.zeros(2)])
    due = plain.predict(images().astype(np.float32) / 255, verbose=0)
    np.testing.assert_allclose(opened.predict(images()), due, atol=1e-6)
    opened.save(tmp_path / "ours.keras")
    np.testing.assert_allclose(NetModel.load(tmp_path / "ours.keras").predict(images()), due, atol=1e-6)


def test_a_layer_used_twice(tmp_path: Path) -> None:
    again = layer("Conv2D", "conv", filters=3, **CONV, after=[[["in", 0, 0, {}]], [["conv", 0, 0, {}]]])
    ended = [
        layer("Flatten", "flat", after=[[["conv", 1, 0, {}]]]),
        layer("Dense", "head", units=2, activation="softmax", after="flat"),
    ]
    network = functional("net", "in", "head", entry("in", SHAPE, inside_functional=True), again, *ended)
    kernel, dense = some(3, 3, 3, 3) / 9, some(144, 2) / 50
    held = {
        "conv": {"conv/kernel:0": kernel, "conv/bias:0": [0, 0, 0]},
        "head": {"head/kernel:0": dense, "head/bias:0": [0, 0]},
    }
    opened = NetModel.load(write_h5(tmp_path / "m.h5", network, held), scaling="unit")
    conv = L.Conv2D(3, 3, padding="same")
    x = keras.Input(SHAPE)
    plain = keras.Model(x, L.Dense(2, "softmax")(L.Flatten()(conv(conv(x)))))
    plain.set_weights([kernel, np.zeros(3), dense, np.zeros(2)])
    due = plain.predict(images().astype(np.float32) / 255, verbose=0)
    np.testing.assert_allclose(opened.predict(images()), due, atol=1e-6)


@pytest.mark.parametrize("root", ["layers/", "layers\\", "_layer_checkpoint_dependencies/"])
def test_roots_of_weights_in_keras_files(tmp_path: Path, root: str) -> None:
    network = sequential("net", told(CONVOLUTION), *head())
    held = {f"{root}conv2d/vars/{i}": v for i, v in enumerate((KERNEL, [0.1, 0.2]))}
    held |= {f"{root}dense/vars/{i}": v for i, v in enumerate((DENSE, [0, 0]))}
    opened = NetModel.load(write_keras(tmp_path / "m.keras", network, held), scaling="unit")
    other = NetModel.load(write_h5(tmp_path / "m.h5", network, PLAIN), scaling="unit")
    np.testing.assert_array_equal(opened.predict(images()), other.predict(images()))


def test_grey_images_without_an_axis_of_channels(tmp_path: Path) -> None:
    flat = told(layer("Flatten", "flat"))
    flat["config"]["batch_input_shape"] = [None, 4, 3]
    network = sequential("net", flat, layer("Dense", "head", units=2, activation="softmax"))
    kernel = some(12, 2)
    held = {"head": {"head/kernel:0": kernel, "head/bias:0": [0, 0]}}
    opened = NetModel.load(write_h5(tmp_path / "m.h5", network, held), scaling="unit")
    assert opened.info.pixels.shape == (4, 3, 1)
    pixels = np.arange(12, dtype=np.uint8).reshape(1, 4, 3, 1) * 20
    logits = (pixels.reshape(1, 12) / 255) @ kernel
    due = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(opened.predict(pixels), due, atol=1e-6)


def changed(**config: Any) -> dict[str, Any]:
    made = copy.deepcopy(sequential("net", told(CONVOLUTION), *head()))
    made["config"]["layers"][0]["config"] |= config
    return made


def replaced(kind: str, **more: Any) -> dict[str, Any]:
    made = copy.deepcopy(sequential("net", told(CONVOLUTION), *head()))
    made["config"]["layers"][0] |= {"class_name": kind} | more
    return made


def without(top: str, name: str) -> dict[str, Any]:
    return PLAIN | {top: {key: value for key, value in PLAIN[top].items() if key != name}}


GOOD = sequential("net", told(CONVOLUTION), *head())
REFUSED = [
    (replaced("TFOpLambda"), PLAIN, "TensorFlow operation"),
    (replaced("SlicingOpLambda"), PLAIN, "TensorFlow slicing operation"),
    (replaced("MultiHeadAttention"), PLAIN, "a MultiHeadAttention layer"),
    (replaced("Conv2D", registered_name="Theirs>Conv2D"), PLAIN, "Theirs>Conv2D"),
    (replaced("Conv2D", config=None), PLAIN, "without a configuration"),
    (replaced("Lambda"), PLAIN, "runs code"),
    (changed(activation="hard_sigmoid"), PLAIN, "a different function in Keras 2"),
    (changed(activation="theirs"), PLAIN, "theirs"),
    (changed(activation={"class_name": "function"}), PLAIN, "a custom function"),
    (changed(data_format="channels_first"), PLAIN, "channels_first"),
    (changed(shape_of_kernel=5), PLAIN, "shape_of_kernel=5"),
    (changed(name=""), PLAIN, "without a name"),
    (changed(filters=-1), PLAIN, "the layer conv"),
    (changed(filters="many"), PLAIN, "the layer conv"),
    (changed(filters=3), PLAIN, "shape (3, 3, 3, 2) where (3, 3, 3, 3)"),
    (changed(batch_input_shape=None), PLAIN, "does not specify the size"),
    (changed(batch_input_shape=[None, -8, 6, 3]), PLAIN, "an input of shape"),
    (changed(batch_input_shape=[None, 2, 6, 3], padding="valid"), PLAIN, "cannot connect"),
    ({"class_name": "Sequential", "config": {}}, PLAIN, "without a list of layers"),
    (sequential("net", {"class_name": ["Conv2D"], "config": {}}), PLAIN, "without a class"),
    (
        functional("net", "in", "gone", entry("in", SHAPE, inside_functional=True)),
        PLAIN,
        "not among its layers",
    ),
    (
        functional(
            "net", "in", "a", entry("in", SHAPE, inside_functional=True), layer("Flatten", "a", after="a")
        ),
        PLAIN,
        "input comes from no other layer",
    ),
    (
        functional(
            "net",
            "in",
            "a",
            entry("in", SHAPE, inside_functional=True),
            layer("Flatten", "a", after=[[["in", 0, 0, {"mask": 3}]]]),
        ),
        PLAIN,
        "called with mask",
    ),
    (GOOD, without("conv", "conv/bias:0"), "no weight named bias in the layer conv"),
    (GOOD, {"conv": PLAIN["conv"]}, "no weight named kernel in the layer head"),
    (GOOD, PLAIN | {"more": {"more/kernel:0": [1.0]}}, "weights of a layer that the network does not have"),
    (
        GOOD,
        PLAIN | {"head": {"head/kernel:0": DENSE * np.nan, "head/bias:0": [0, 0]}},
        "NaN or infinite outputs",
    ),
]


@pytest.mark.parametrize(("config", "weights", "said"), REFUSED)
def test_what_cannot_be_carried_over_is_named(tmp_path: Path, config: Any, weights: Any, said: str) -> None:
    path = write_h5(tmp_path / "m.h5", config, weights)
    with pytest.raises(ModelFileError) as caught:
        NetModel.load(path, scaling="unit")
    assert said in str(caught.value)
    assert path.name in str(caught.value)
