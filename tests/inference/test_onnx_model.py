"""ONNX Runtime on graphs that are made here by hand, so no exporter stands between test and reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from scipy.special import softmax

from convonet.errors import Cancelled, DataError, ModelFileError
from convonet.events import Watch
from convonet.inference.model_info import ModelInfo, Output
from convonet.inference.onnx_model import PROPERTY, OnnxModel
from convonet.params import PixelParams

SHAPE = (2, 3, 1)
WEIGHTS = np.random.default_rng(0).normal(0, 0.01, (6, 4)).astype(np.float32)
IMAGES = np.random.default_rng(1).integers(0, 256, (5, *SHAPE), dtype=np.uint8)


def write_graph(path: Path, info: ModelInfo | None) -> Path:
    """pixels → flatten → matrix product → logits."""
    weights = onnx.numpy_helper.from_array(WEIGHTS, "weights")
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["pixels"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", *SHAPE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 4])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if info is not None:
        helper.set_model_props(model, {PROPERTY: info.to_json()})
    onnx.save(model, path)
    return path


def info_of(output: Output = "logits", temperature: float = 1.0) -> ModelInfo:
    return ModelInfo(tuple("abcd"), PixelParams(*SHAPE), output=output, temperature=temperature)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 256])
def test_probabilities_are_the_same_in_any_batch(tmp_path: Path, batch_size: int) -> None:
    model = OnnxModel.load(write_graph(tmp_path / "m.onnx", info_of(temperature=2.0)), threads=1)
    made = model.predict(IMAGES, batch_size=batch_size)
    expected = softmax(IMAGES.reshape(5, 6).astype(float) @ WEIGHTS / 2.0, axis=1)
    np.testing.assert_allclose(made, expected, atol=1e-6)
    assert made.dtype == np.float32
    assert model.info == info_of(temperature=2.0)


def test_no_images_give_no_rows(tmp_path: Path) -> None:
    model = OnnxModel.load(write_graph(tmp_path / "m.onnx", info_of()))
    assert model.predict(IMAGES[:0]).shape == (0, 4)


def test_a_name_in_any_script(tmp_path: Path) -> None:
    assert OnnxModel.load(write_graph(tmp_path / "模型 é.onnx", info_of())).info.classes == tuple("abcd")


def test_images_of_another_shape_or_type(tmp_path: Path) -> None:
    model = OnnxModel.load(write_graph(tmp_path / "m.onnx", info_of()))
    with pytest.raises(DataError, match=r"\(N, 2, 3, 1\)"):
        model.predict(np.zeros((5, 3, 2, 1), np.uint8))
    with pytest.raises(DataError, match="float32"):
        model.predict(IMAGES.astype(np.float32))  # type: ignore[arg-type]


def test_stopping_between_batches(tmp_path: Path) -> None:
    asked = iter([False, False, True])
    model = OnnxModel.load(write_graph(tmp_path / "m.onnx", info_of()))
    with pytest.raises(Cancelled):
        model.predict(IMAGES, batch_size=1, watch=Watch(should_stop=lambda: next(asked)))


def test_files_that_are_not_ours(tmp_path: Path) -> None:
    whole = write_graph(tmp_path / "foreign.onnx", None)
    with pytest.raises(ModelFileError, match="does not describe its classes"):
        OnnxModel.load(whole)
    (tmp_path / "cut.onnx").write_bytes(whole.read_bytes()[:60])
    (tmp_path / "empty.onnx").write_bytes(b"")
    (tmp_path / "text.onnx").write_text("no model")
    for name in ("cut.onnx", "empty.onnx", "text.onnx"):
        with pytest.raises(ModelFileError, match=name):
            OnnxModel.load(tmp_path / name)
    with pytest.raises(ModelFileError, match="no such file"):
        OnnxModel.load(tmp_path / "absent.onnx")


def test_a_damaged_description(tmp_path: Path) -> None:
    path = write_graph(tmp_path / "m.onnx", info_of())
    path.write_bytes(path.read_bytes().replace(b'"format_version"', b'"format_versio\xf4"'))
    with pytest.raises(ModelFileError, match="damaged"):
        OnnxModel.load(path)


def test_weights_outside_the_file_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_graph(tmp_path / "m.onnx", info_of())
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert (tmp_path / "weights.bin").exists()
    with pytest.raises(ModelFileError, match="damaged"):
        OnnxModel.load(path)
