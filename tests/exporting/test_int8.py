"""Networks in 8 bits: calibrated, measured beside floating point, refused when they lose too much."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from convonet import api
from convonet.errors import InputError, ModelFileError, ParamError
from convonet.exporting.quantize import quantize, weight_bits
from convonet.inference.golden import LOAD_TOLERANCE, Golden
from convonet.inference.net_input import NetInput
from convonet.inference.onnx_model import OnnxModel
from convonet.jobs import export_int8
from convonet.nets import create_model, export_onnx
from convonet.nets.backend import name
from convonet.params import HyperParams, PixelParams

pytestmark = pytest.mark.skipif(name() != "torch", reason="the exporters of the torch backend")


@pytest.fixture(scope="module")
def trained(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a small network that knows the digits."""
    folder = tmp_path_factory.mktemp("int8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(folder / "home"))
        run = api.train(
            {"train_dir": str(digits), "image_size": 8},
            {"family": "convonet", "num_filters": 16, "num_units": 64, "epochs": 4, "init_rate": 0.01},
            out=folder / "runs",
        )
    return run.path


def test_size_speed_and_accuracy_are_stated(trained: Path, digits: Path, tmp_path: Path) -> None:
    made = api.export(trained, "onnx-int8", out=tmp_path / "small.onnx")
    file = Path(made["path"])
    assert file == tmp_path / "small.onnx"
    assert json.loads((tmp_path / "small.json").read_text("utf-8")) == {
        key: value for key, value in made.items() if key not in ("format", "path")
    }
    # The network is so small that the graph itself counts.
    assert made["int8"]["bytes"] < 0.7 * made["float"]["bytes"]
    assert made["split"] == "test"
    assert made["float"]["accuracy"] - made["int8"]["accuracy"] == pytest.approx(made["accuracy_loss"])
    low, high = made["accuracy_loss_interval"]
    assert low <= made["accuracy_loss"] <= high
    for kind in ("float", "int8"):
        assert set(made[kind]["images_per_second"]) == {"1", "32"}
        assert min(made[kind]["images_per_second"].values()) > 0
        # As `evaluate` counts it.
    assert api.evaluate(file, {"test_dir": str(digits / "test")}).accuracy == made["int8"]["accuracy"]
    assert api.evaluate(trained, {"train_dir": str(digits)}).accuracy == made["float"]["accuracy"]
    assert (made["weight_bits"], made["calibration_images"]) == (weight_bits(), 200)


def test_images_of_some_classes_are_enough(trained: Path, digits: Path, tmp_path: Path) -> None:
    shutil.copytree(digits, tmp_path / "digits")
    shutil.rmtree(tmp_path / "digits" / "test" / "3")
    data = {"train_dir": str(tmp_path / "digits"), "image_size": 8}
    made = api.export(trained, "onnx-int8", out=tmp_path / "small.onnx", data=data)
    left = sum(1 for path in (tmp_path / "digits" / "test").rglob("*") if path.is_file())
    assert (made["split"], made["images"]) == ("test", left)


def test_the_file_predicts_like_any_other(trained: Path, digits: Path) -> None:
    made = api.export(trained, "onnx-int8")
    file = Path(made["path"])
    assert file.name == "model.int8.onnx"
    images = sorted((digits / "test" / "3").iterdir())[:20]
    ours, theirs = api.predict(file, images), api.predict(trained, images)
    same = [one["predicted"] == other["predicted"] for one, other in zip(ours, theirs, strict=True)]
    assert sum(same) >= 19
    # The run still answers by its network in floating point.
    assert OnnxModel.load(file).info.keras_sha256 is None


def test_layers_compute_with_whole_numbers(trained: Path) -> None:
    graph = onnx.load(api.export(trained, "onnx-int8")["path"]).graph
    eight = [
        item for item in graph.initializer if item.data_type == onnx.TensorProto.INT8 and len(item.dims) > 1
    ]
    assert len(eight) == 3  # two convolutions and the hidden layer; the last layer stays in floating point
    assert [node.op_type for node in graph.node][-1] == "Softmax"


def test_a_loss_that_is_too_large_leaves_no_file(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(source: Path, target: Path, images: np.ndarray) -> int:
        """As a calibration on images of another kind would: all maps are cut off near zero."""
        return quantize(source, target, images // 200)

    monkeypatch.setattr(export_int8, "quantize", spoil)
    with pytest.raises(ModelFileError, match="loses too much accuracy") as caught:
        api.export(trained, "onnx-int8", out=tmp_path / "small.onnx", max_loss=0.005)
    assert caught.value.expected == "an accuracy drop of at most 0.5 percentage points on the test images"
    assert list(tmp_path.iterdir()) == []
    assert (
        api.export(trained, "onnx-int8", out=tmp_path / "small.onnx", max_loss=1.0)["accuracy_loss"] > 0.005
    )


def test_without_images_it_is_refused(tmp_path: Path) -> None:
    model = create_model(HyperParams(family="logistic"), NetInput(PixelParams(8, 8, 1), ("a", "b")))
    model.save(tmp_path / "model.keras")
    with pytest.raises(InputError, match="needs training images"):
        api.export(tmp_path / "model.keras", "onnx-int8")


def test_one_layer_cannot_be_quantized(tmp_path: Path) -> None:
    model = create_model(HyperParams(family="logistic"), NetInput(PixelParams(8, 8, 1), ("a", "b")))
    export_onnx(model, tmp_path / "model.onnx")
    with pytest.raises(ModelFileError, match="no hidden layer"):
        quantize(tmp_path / "model.onnx", tmp_path / "small.onnx", np.zeros((2, 8, 8, 1), np.uint8))


def test_an_option_of_another_format(trained: Path) -> None:
    with pytest.raises(ParamError, match="max_loss: the format onnx has no such option"):
        api.export(trained, "onnx", max_loss=0.01)


def test_golden_samples_carry_their_tolerance() -> None:
    plain = Golden(np.zeros((1, 2, 2, 1), np.uint8), np.ones((1, 1), np.float32), "test")
    for golden in (plain, plain._replace(tolerance=0.05)):
        read = Golden.from_text(json.dumps(golden.to_dict()))
        assert read.tolerance == golden.tolerance
    assert "tolerance" not in plain.to_dict()  # so earlier versions read the same
    assert plain.tolerance == LOAD_TOLERANCE
