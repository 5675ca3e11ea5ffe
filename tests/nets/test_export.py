"""The exported file takes raw pixels, gives probabilities, and agrees with keras, or it is not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from convonet.errors import ModelFileError
from convonet.inference.model_info import ModelInfo
from convonet.inference.onnx_model import OnnxModel
from convonet.nets import NetModel, export_onnx, whole_network
from convonet.nets.backend import keras, name
from convonet.nets.onnx_graph import write_graph
from convonet.params import PixelParams

pytestmark = pytest.mark.skipif(name() != "torch", reason="the exporter of the torch backend")
SHAPE = (12, 10, 1)


def test_it_agrees_and_says_what_the_model_says(make_model, images, tmp_path: Path, capfd) -> None:
    model = make_model()
    difference = export_onnx(model, tmp_path / "m.onnx", samples=images(), keras_sha256="abc")
    assert 0 <= difference <= 1e-5
    exported = OnnxModel.load(tmp_path / "m.onnx")
    np.testing.assert_allclose(exported.predict(images()), model.predict(images()), atol=1e-6)
    assert exported.info == model.info.changed(keras_sha256="abc")
    assert capfd.readouterr() == ("", "")
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]


def test_the_file_is_sound_and_named(make_model, tmp_path: Path) -> None:
    export_onnx(make_model(), tmp_path / "m.onnx")
    graph = onnx.load(tmp_path / "m.onnx")
    onnx.checker.check_model(graph, full_check=True)
    for value, label in ((graph.graph.input[0], "pixels"), (graph.graph.output[0], "probabilities")):
        assert value.name == label
        assert value.type.tensor_type.shape.dim[0].dim_param == "batch"


def test_the_same_weights_give_the_same_file(make_model, tmp_path: Path) -> None:
    for label in "ab":
        export_onnx(make_model(), tmp_path / f"{label}.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def _network(units: int, activation: str) -> keras.Model:
    inputs = keras.Input(SHAPE)
    start = keras.initializers.GlorotUniform(seed=1)
    x = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.layers.Dense(units, activation=activation, kernel_initializer=start)(x))


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize(
    ("output", "units", "activation"),
    [
        ("probabilities", 3, "softmax"),
        ("logits", 3, "linear"),
        ("sigmoid", 1, "sigmoid"),
        ("sigmoid_logit", 1, "linear"),
    ],
)
@pytest.mark.parametrize("scaling", ["unit", "symmetric", "none"])
def test_scaling_output_and_temperature_go_into_the_graph(
    images, tmp_path: Path, output, units, activation, scaling, temperature
) -> None:
    classes = ("a", "b", "c")[: max(units, 2)]
    info = ModelInfo(
        classes, PixelParams(*SHAPE), scaling, inside=False, output=output, temperature=temperature
    )
    model = NetModel(_network(units, activation), info)
    pixels = images(SHAPE) // (64 if scaling == "none" else 1)
    export_onnx(model, tmp_path / "m.onnx", samples=pixels)
    exported = OnnxModel.load(tmp_path / "m.onnx")
    said = exported.info
    assert (said.inside, said.output, said.temperature) == (True, "probabilities", 1.0)
    np.testing.assert_allclose(exported.predict(pixels), model.predict(pixels), atol=1e-6)


def test_no_file_when_they_disagree(make_model, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "m.onnx").write_bytes(b"what was there")
    model = make_model()
    whole = whole_network._with_all_inside
    other = make_model(seed=2)
    monkeypatch.setattr(whole_network, "_with_all_inside", lambda _, info: whole(other.keras_model, info))
    with pytest.raises(ModelFileError, match="no file was written"):
        export_onnx(model, tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_bytes() == b"what was there"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_network_that_gives_no_numbers_is_not_exported(make_model, tmp_path: Path) -> None:
    model = make_model()
    model.keras_model.set_weights([np.full_like(w, np.nan) for w in model.keras_model.get_weights()])
    with pytest.raises(ModelFileError, match="no file was written"):
        export_onnx(model, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_what_the_exporter_cannot_do_is_one_sentence(tmp_path: Path, capfd) -> None:
    class Odd(keras.layers.Layer):
        def call(self, x):
            raise NotImplementedError("no such operator\nand\nhundreds\nof lines")

        def compute_output_shape(self, shape):
            return (shape[0], 2)

        def compute_output_spec(self, x):
            return keras.KerasTensor((x.shape[0], 2), x.dtype)

    inputs = keras.Input(SHAPE)
    model = NetModel(keras.Model(inputs, Odd()(inputs)), ModelInfo(("a", "b"), PixelParams(*SHAPE)))
    whole = whole_network._with_all_inside(model.keras_model, model.info)
    with pytest.raises(ModelFileError, match="cannot be exported to ONNX") as caught:
        write_graph(whole, SHAPE, tmp_path / "m.onnx")
    assert "hundreds" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
