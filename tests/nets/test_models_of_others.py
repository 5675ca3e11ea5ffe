"""Models that people published: opened, and equal to a forward pass written here from nothing but the file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import convonet
from convonet.data.data_prep import prepare
from convonet.data.sources import scan_set
from convonet.inference.onnx_model import OnnxModel
from convonet.nets import NetModel, export_onnx
from convonet.nets.backend import name
from convonet.params import DataParams

pytestmark = pytest.mark.data
TEACHABLE = ("tm_waste_4", "tm_bottles_2")
CLASSES = {"tm_waste_4": ("cardboard", "plastic", "glass", "metal"), "tm_bottles_2": ("5 Galoon", "500ML")}


class Reference:
    """A network of Keras 2 computed layer by layer in float64, in the order of its file.

    Args:
        path: an `.h5` file of sequential networks, with functional ones in them.
    """

    def __init__(self, path: Path) -> None:
        with h5py.File(path) as file:
            self._config = json.loads(file.attrs["model_config"])
            self._weights: dict[str, Any] = {}
            for top in file["model_weights"].values():
                for key in top.attrs["weight_names"]:
                    self._weights[key.decode().removesuffix(":0")] = np.float64(top[key.decode()][()])

    def __call__(self, x: Any) -> Any:
        return self._run(self._config, x)

    def _run(self, part: dict[str, Any], x: Any) -> Any:
        config = part["config"]
        given: dict[str, Any] = {}
        for layer in config["layers"]:
            inner = layer["config"]
            sources = [source[0] for node in layer.get("inbound_nodes", [])[:1] for source in node]
            taken = [given[source] for source in sources] or [x]
            x = self._run(layer, taken[0]) if "layers" in inner else self._layer(layer, taken)
            given[inner["name"]] = x
        return x

    def _layer(self, layer: dict[str, Any], taken: list[Any]) -> Any:
        config, x = layer["config"], taken[0]
        key = config["name"] + "/"
        match layer["class_name"]:
            case "InputLayer":
                return x
            case "ZeroPadding2D":
                return np.pad(x, ((0, 0), *config["padding"], (0, 0)))
            case "Conv2D":
                x = np.einsum(
                    "nhwkli,klio->nhwo", windows(x, config), self._weights[key + "kernel"], optimize=True
                )
                return self._ended(x, config, key)
            case "DepthwiseConv2D":
                kernel = self._weights[key + "depthwise_kernel"][..., 0]
                return self._ended(np.einsum("nhwkli,kli->nhwi", windows(x, config), kernel), config, key)
            case "BatchNormalization":
                gamma, beta, mean, variance = (
                    self._weights[key + word] for word in ("gamma", "beta", "moving_mean", "moving_variance")
                )
                return (x - mean) / np.sqrt(variance + config["epsilon"]) * gamma + beta
            case "ReLU":
                return np.clip(x, 0, config["max_value"])
            case "Add":
                return sum(taken)
            case "GlobalAveragePooling2D":
                return x.mean((1, 2))
            case "Dense":
                return self._ended(x @ self._weights[key + "kernel"], config, key)
        raise AssertionError(layer["class_name"])

    def _ended(self, x: Any, config: dict[str, Any], key: str) -> Any:
        x = x + self._weights[key + "bias"] if config["use_bias"] else x
        if config["activation"] == "relu":
            return np.maximum(x, 0)
        if config["activation"] == "softmax":
            shares = np.exp(x - x.max(-1, keepdims=True))
            return shares / shares.sum(-1, keepdims=True)
        return x


def windows(x: Any, config: dict[str, Any]) -> Any:
    """The parts of maps that a kernel sees: (N, height, width, kernel height, kernel width, channels)."""
    (high, wide), (down, right) = config["kernel_size"], config["strides"]
    if config["padding"] == "same":
        sides = zip(x.shape[1:3], (down, right), (high, wide), strict=True)
        needed = [max((-(-n // s) - 1) * s + k - n, 0) for n, s, k in sides]
        x = np.pad(x, ((0, 0), *((n // 2, n - n // 2) for n in needed), (0, 0)))
    seen = np.lib.stride_tricks.sliding_window_view(x, (high, wide), (1, 2))[:, ::down, ::right]
    return np.moveaxis(seen, 3, -1)


def pictures(count: int = 2) -> Any:
    """Smooth pictures of 224 × 224: sums of waves."""
    rows, columns = np.mgrid[0:224, 0:224] / 224
    waves = [np.sin(9 * (i + 1) * rows + 5 * j * columns + i) for i in range(count) for j in range(3)]
    return np.uint8(np.moveaxis(np.reshape(waves, (count, 3, 224, 224)), 1, -1) * 127 + 128)


@pytest.mark.parametrize("model", TEACHABLE)
def test_teachable_machine_equals_a_forward_pass_in_numpy(foreign_models: Path, model: str) -> None:
    opened = NetModel.load(foreign_models / f"{model}.h5")
    assert opened.info.classes == CLASSES[model]
    assert (opened.info.pixels.shape, opened.info.scaling, opened.info.inside) == (
        (224, 224, 3),
        "symmetric",
        False,
    )
    due = Reference(foreign_models / f"{model}.h5")(pictures() / 127.5 - 1)
    np.testing.assert_allclose(opened.predict(pictures()), due, atol=1e-5)


def test_the_layers_of_the_nested_network_are_listed(foreign_models: Path) -> None:
    rows = [row.name for row in NetModel.load(foreign_models / "tm_waste_4.h5").summary().layers]
    assert sum(row.startswith("sequential_1/model1/") for row in rows) == 155
    assert "sequential_1/model1/block_16_project_BN" in rows


@pytest.mark.slow
@pytest.mark.skipif(name() != "torch", reason="the exporter of the torch backend")
def test_teachable_machine_exports(foreign_models: Path, tmp_path: Path) -> None:
    opened = NetModel.load(foreign_models / "tm_bottles_2.h5")
    assert export_onnx(opened, tmp_path / "m.onnx", samples=pictures()) <= 1e-5
    exported = OnnxModel.load(tmp_path / "m.onnx", threads=1)
    assert exported.info.classes == CLASSES["tm_bottles_2"]
    np.testing.assert_allclose(exported.predict(pictures()), opened.predict(pictures()), atol=1e-5)


@pytest.mark.parametrize("model", ["keras_2.2.4_mnist.h5", "keras_2.15_mnist.keras"])
def test_digits_of_others_are_read_right(foreign_models: Path, real_data: Any, model: str) -> None:
    opened = NetModel.load(foreign_models / model, scaling="unit")
    listing = scan_set(DataParams(test_dir=str(real_data("mnist_png") / "testing")), "test")
    images = prepare(listing, opened.info.pixels, name="test")
    right = opened.predict(images.images[:]).argmax(1) == images.labels
    assert right.mean() > 0.98


@pytest.mark.slow
@pytest.mark.skipif(
    name() != "torch", reason="backbones are opened the same way everywhere; one backend shows it"
)
def test_teachable_machine_as_a_backbone(foreign_models: Path, real_data: Any, tmp_path: Path) -> None:
    flowers = real_data("flowers_128") / "train"
    for label in ("daisy", "rose"):
        (tmp_path / "few" / label).mkdir(parents=True)
        for image in sorted((flowers / label).glob("*.jpg"))[:12]:
            shutil.copy(image, tmp_path / "few" / label)
    hyper = {"base": str(foreign_models / "tm_waste_4.h5"), "epochs": 1, "batch_size": 8}
    result = convonet.train(
        {"train_dir": str(tmp_path / "few"), "image_size": 224}, hyper, out=tmp_path / "runs"
    )
    info = NetModel.load(result.path / "model.keras").info
    assert (info.scaling, info.inside, info.classes) == ("symmetric", True, ("daisy", "rose"))
