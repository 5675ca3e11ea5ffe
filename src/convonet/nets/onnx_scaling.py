"""The scaling of pixels in an exported graph, said so that ONNX Runtime computes it at full speed."""

from __future__ import annotations

import math

import onnx
from onnx import helper, numpy_helper

_ARITHMETIC = ("Mul", "Div", "Add", "Sub")
_PASSING = ("Identity", "Cast")


def flatten_scaling(model: onnx.ModelProto, shape: tuple[int, int, int]) -> None:
    """Let arithmetic with single numbers that stands first work on rows of numbers instead of images.

    ONNX Runtime takes 60 times as long to multiply (N, 28, 28, 1) by a number as (N, 784), since it goes along the
    last axis. Reshaping costs nothing there.

    Args:
        model: changed in place. A graph that does not begin with such arithmetic stays as it is.
        shape: height, width and channels of its input.
    """
    graph = model.graph
    start = graph.input[0].name
    end = _end_of_arithmetic(graph, start)
    if end == start:
        return
    sizes = {"convonet_rows_shape": [-1, math.prod(shape)], "convonet_images_shape": [-1, *shape]}
    graph.initializer.extend(
        helper.make_tensor(name, onnx.TensorProto.INT64, [len(size)], size) for name, size in sizes.items()
    )
    for node in graph.node:
        # First those that read the end: the arithmetic itself reads only the start and what lies between.
        node.input[:] = ["convonet_scaled" if name == end else name for name in node.input]
        node.input[:] = ["convonet_rows" if name == start else name for name in node.input]
    first = helper.make_node("Reshape", [start, "convonet_rows_shape"], ["convonet_rows"])
    after = next(index for index, node in enumerate(graph.node) if end in node.output) + 1
    last = helper.make_node("Reshape", [end, "convonet_images_shape"], ["convonet_scaled"])
    # The later one first: inserting at the front moves all indices.
    graph.node.insert(after, last)
    graph.node.insert(0, first)
    # What the exporter noted of shapes on the way no longer holds.
    del graph.value_info[:]


def _end_of_arithmetic(graph: onnx.GraphProto, start: str) -> str:
    """The last value behind `start` that is computed from it and single numbers alone; `start` where there is none."""
    numbers = {tensor.name for tensor in graph.initializer if numpy_helper.to_array(tensor).size == 1}
    numbers |= {node.output[0] for node in graph.node if _is_number(node)}
    value = end = start
    while True:
        readers = [node for node in graph.node if value in node.input]
        # Where a second reader wants the images, they must keep their shape.
        if len(readers) != 1:
            return end
        (reader,) = readers
        others = [name for name in reader.input if name != value]
        if reader.op_type not in _PASSING and not (
            reader.op_type in _ARITHMETIC and len(others) == 1 and others[0] in numbers
        ):
            return end
        value = reader.output[0]
        if reader.op_type in _ARITHMETIC:
            end = value


def _is_number(node: onnx.NodeProto) -> bool:
    values = [each.t for each in node.attribute if each.name == "value"]
    return node.op_type == "Constant" and bool(values) and numpy_helper.to_array(values[0]).size == 1
