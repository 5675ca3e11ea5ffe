"""Scaling in an exported graph works on rows of numbers, and gives the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

from convonet.nets.onnx_scaling import flatten_scaling

SHAPE = (4, 5, 3)
NUMBERS = {"scale": [1 / 127.5], "shift": [-1.0], "means": [0.5, 0.4, 0.3]}


def _graph(*steps: tuple[str, str]) -> onnx.ModelProto:
    """Steps of arithmetic on `pixels`, or ones without a second value, and a transposition after them."""
    nodes, value = [], "pixels"
    for place, (kind, other) in enumerate(steps):
        made = f"step_{place}"
        nodes.append(helper.make_node(kind, [value, other] if other else [value], [made]))
        value = made
    nodes.append(helper.make_node("Transpose", [value], ["made"], perm=[0, 3, 1, 2]))
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("pixels", ["batch", *SHAPE]), ("made", ["batch", SHAPE[2], *SHAPE[:2]]))
    ]
    kept = [
        helper.make_tensor(name, onnx.TensorProto.FLOAT, [] if len(numbers) == 1 else [len(numbers)], numbers)
        for name, numbers in NUMBERS.items()
    ]
    graph = helper.make_graph(nodes, "scaling", ends[:1], ends[1:], kept)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def _kinds(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def _computed(model: onnx.ModelProto, images: np.ndarray) -> np.ndarray:
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (made,) = session.run(None, {"pixels": images})
    return np.asarray(made)


@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        ([("Mul", "scale")], ["Reshape", "Mul", "Reshape", "Transpose"]),
        (
            [("Identity", ""), ("Mul", "scale"), ("Add", "shift"), ("Identity", "")],
            ["Reshape", "Identity", "Mul", "Add", "Reshape", "Identity", "Transpose"],
        ),
        ([("Mul", "scale"), ("Sub", "means")], ["Reshape", "Mul", "Reshape", "Sub", "Transpose"]),
        ([("Sub", "means"), ("Mul", "scale")], ["Sub", "Mul", "Transpose"]),
        ([], ["Transpose"]),
    ],
)
@pytest.mark.parametrize("count", [1, 3])
def test_only_arithmetic_with_single_numbers_works_on_rows(
    steps: Sequence[tuple[str, str]], kinds: Sequence[str], count: int
) -> None:
    images = np.random.default_rng(1).uniform(0, 255, (count, *SHAPE)).astype(np.float32)
    model = _graph(*steps)
    wanted = _computed(model, images)
    flatten_scaling(model, SHAPE)
    assert _kinds(model) == kinds
    np.testing.assert_array_equal(_computed(model, images), wanted)
