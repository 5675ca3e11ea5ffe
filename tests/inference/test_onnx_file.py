"""What is read of ONNX files without opening them, and networks that no export of ours is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from convonet.errors import ModelFileError
from convonet.inference.model_info import ModelInfo
from convonet.inference.onnx_file import PROPERTY, read_content, read_onnx_info, read_text
from convonet.inference.onnx_model import OnnxModel
from convonet.params import PixelParams

INFO = ModelInfo(classes=("a", "b"), pixels=PixelParams(4, 4, 1))


def ends(*shape: int | str, name: str = "x", kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def plain() -> onnx.ModelProto:
    """A network of two classes: the sums of the upper and the lower half."""
    kernel = np.repeat([[1.0, 0.0], [0.0, 1.0]], 8, axis=0).astype(np.float32)
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "kernel"], ["sums"]),
        helper.make_node("Softmax", ["sums"], ["y"]),
    ]
    held = [
        helper.make_tensor("shape", TensorProto.INT64, [2], [-1, 16]),
        helper.make_tensor("kernel", TensorProto.FLOAT, kernel.shape, kernel.ravel().tolist()),
    ]
    graph = helper.make_graph(nodes, "g", [ends("n", 4, 4, 1)], [ends("n", 2, name="y")], held)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    made.metadata_props.add(key=PROPERTY, value=INFO.to_json())
    return made


def with_loop(model: onnx.ModelProto) -> None:
    """A loop that never ends: its condition is always true."""
    inner = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["c2"]), helper.make_node("Identity", ["v"], ["v2"])],
        "inner",
        [ends(name="i", kind=TensorProto.INT64), ends(name="c", kind=TensorProto.BOOL), ends(name="v")],
        [ends(name="c2", kind=TensorProto.BOOL), ends(name="v2")],
    )
    model.graph.initializer.append(helper.make_tensor("true", TensorProto.BOOL, [], [True]))
    model.graph.initializer.append(helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]))
    model.graph.node.append(helper.make_node("Loop", ["", "true", "zero"], ["end"], body=inner))


def with_branch(model: onnx.ModelProto) -> None:
    with_loop(model)
    model.graph.node[-1].op_type = "If"


def with_function(model: onnx.ModelProto) -> None:
    model.functions.append(
        helper.make_function(
            "own",
            "F",
            ["a"],
            ["b"],
            [helper.make_node("Identity", ["a"], ["b"])],
            [helper.make_opsetid("", 17)],
        )
    )


def resized(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 5


def two_inputs(model: onnx.ModelProto) -> None:
    model.graph.input.append(ends(1, name="more"))


def two_outputs(model: onnx.ModelProto) -> None:
    model.graph.output.append(ends("n", 2, name="sums"))


def other_classes(model: onnx.ModelProto) -> None:
    model.metadata_props[0].value = INFO.changed(classes=("a", "b", "c")).to_json()


def bytes_for_pixels(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE


def silent(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]


def test_a_plain_network_is_read_and_opened(tmp_path: Path) -> None:
    onnx.save(plain(), tmp_path / "m.onnx")
    assert read_onnx_info(tmp_path / "m.onnx") == INFO
    images = np.zeros((2, 4, 4, 1), np.uint8)
    images[0, :2] = 1
    due = np.exp([[8.0, 0.0], [0.0, 0.0]])
    answers = OnnxModel.load(tmp_path / "m.onnx", threads=1).predict(images)
    np.testing.assert_allclose(answers, due / due.sum(1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_loop, "loops or branches"),
        (with_branch, "loops or branches"),
        (with_function, "loops or branches"),
        (silent, "does not describe its classes"),
        (resized, "damaged|does not match its network"),
        (two_inputs, "does not match its network"),
        (two_outputs, "does not match its network"),
        (other_classes, "does not match its network"),
        (bytes_for_pixels, "damaged|does not match its network"),
    ],
)
def test_networks_that_no_export_is(
    tmp_path: Path, change: Callable[[onnx.ModelProto], None], said: str
) -> None:
    model = plain()
    change(model)
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(ModelFileError, match=said):
        OnnxModel.load(tmp_path / "m.onnx", threads=1)


def test_metadata_is_what_onnx_reads(tmp_path: Path) -> None:
    file = Path(__file__).parents[1] / "nets/files/v1.onnx"
    due = {item.key: item.value for item in onnx.load(file).metadata_props}
    assert read_text(read_content(file), file).properties == due


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 40, b"\x72\xff\x01x", b"<html>no model</html>"])
def test_bytes_that_are_no_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelFileError):
        read_onnx_info(tmp_path / "m.onnx")
