"""The score of unknown images inside an exported graph, as a second output."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from convonet.errors import ModelFileError
from convonet.inference.unknown import LEAST_ENERGY, SCORE_OUTPUT, UnknownScorer

PREFIX = "unknown_"
"""Every node and number of the score begins with it."""
_LEAST_NORM = 1e-12
_LEAST_OPSET = 13
_SAME_NUMBERS = ("Cast", "Identity")
_FLOAT, _FLOAT16, _INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.INT64


def add_unknown_score(model: onnx.ModelProto, scorer: UnknownScorer) -> None:
    """Add the output `unknown_score`, (batch,), to a graph that ends in probabilities.

    Args:
        model: changed in place.
        scorer: of the same network.

    Raises:
        ModelFileError: the last dense layer is not found in the graph.
    """
    opset = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    if opset < _LEAST_OPSET:
        raise _not_found(f"operations of version {opset}")
    features, logits = _ends_of_last_layer(model.graph)
    graph = _Builder(model.graph)
    distance = _distance(graph, features, scorer)
    energy = _energy(graph, logits, single=_outputs(model.graph, logits) == 1)
    (energy_mean, energy_spread), (distance_mean, distance_spread) = scorer.energy, scorer.distance
    parts = [
        graph.node(
            "Max",
            graph.affine(energy, 1 / energy_spread, -energy_mean / energy_spread),
            graph.number(LEAST_ENERGY),
        ),
        graph.affine(distance, 1 / distance_spread, -distance_mean / distance_spread),
    ]
    total = graph.node("Add", *parts)
    graph.node("Squeeze", total, graph.integers("axis", [1]), output=SCORE_OUTPUT)
    model.graph.output.append(helper.make_tensor_value_info(SCORE_OUTPUT, _FLOAT, ["batch"]))


def _distance(graph: _Builder, features: str, scorer: UnknownScorer) -> str:
    """One minus the mean cosine similarity to the nearest rows of the bank, (batch, 1)."""
    axis = graph.integers("axis", [1])
    length = graph.node("Sqrt", graph.node("ReduceSum", graph.node("Mul", features, features), axis))
    unit = graph.node("Div", features, graph.node("Max", length, graph.number(_LEAST_NORM)))
    bank = graph.node("Cast", graph.tensor("bank", np.ascontiguousarray(scorer.bank.T)), to=_FLOAT)
    nearest = graph.highest(graph.node("MatMul", unit, bank), scorer.neighbours)
    return graph.affine(graph.node("ReduceSum", nearest, axis), -1 / scorer.neighbours, 1.0)


def _energy(graph: _Builder, logits: str, *, single: bool) -> str:
    """Minus the logarithm of the sum of exponentials, (batch, 1)."""
    if single:
        halves = [graph.node("Mul", logits, graph.number(sign)) for sign in (-0.5, 0.5)]
        logits = graph.node("Concat", *halves, axis=1)
    highest = graph.highest(logits, 1)
    powers = graph.node("Exp", graph.node("Sub", logits, highest))
    logarithm = graph.node("Log", graph.node("ReduceSum", powers, graph.integers("axis", [1])))
    return graph.node("Neg", graph.node("Add", highest, logarithm))


class _Builder:
    """Appends nodes to a graph, with names that begin with `PREFIX`."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._count = 0
        self._integers: dict[str, str] = {}

    def node(self, operation: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """One operation with one output, whose name it gives."""
        name = output or self._name(operation.lower())
        made = helper.make_node(operation, inputs, [name], name=f"{PREFIX}{operation}_{name}", **attributes)
        self._graph.node.append(made)
        return name

    def highest(self, rows: str, count: int) -> str:
        """The `count` highest numbers of each row."""
        values, indices = self._name("highest"), self._name("indices")
        made = helper.make_node(
            "TopK",
            [rows, self.integers(f"count_{count}", [count])],
            [values, indices],
            name=f"{PREFIX}TopK_{values}",
        )
        self._graph.node.append(made)
        return values

    def affine(self, value: str, factor: float, shift: float) -> str:
        """`value * factor + shift`."""
        return self.node("Add", self.node("Mul", value, self.number(factor)), self.number(shift))

    def number(self, value: float) -> str:
        """A single number."""
        return self.tensor("number", np.array(value, np.float32))

    def integers(self, title: str, values: list[int]) -> str:
        """A list of whole numbers, stored once for each title."""
        if title not in self._integers:
            self._integers[title] = self.tensor(title, np.array(values, np.int64))
        return self._integers[title]

    def tensor(self, title: str, values: np.ndarray) -> str:
        """Stored numbers."""
        name = self._name(title)
        self._graph.initializer.append(numpy_helper.from_array(values, name))
        return name

    def _name(self, title: str) -> str:
        self._count += 1
        return f"{PREFIX}{title}_{self._count}"


def _ends_of_last_layer(graph: onnx.GraphProto) -> tuple[str, str]:
    """Names of what goes into the last dense layer and of its logits: walked back from the probabilities."""
    made_by = {name: node for node in graph.node for name in node.output}
    value, logits = graph.output[0].name, ""
    while (node := made_by.get(value)) is not None:
        if node.op_type in ("Gemm", "MatMul"):
            return node.input[0], logits or value
        # A bias stands alone where the exporter wrote a product; what else follows the logits is an activation. Casts
        # between the two, to the type that is there already, change nothing.
        if node.op_type not in _SAME_NUMBERS:
            logits = value if node.op_type == "Add" else ""
        before = [name for name in node.input if name in made_by and made_by[name].op_type != "Constant"]
        if not before:
            break
        value = before[0]
    raise _not_found(f"a graph that ends in {graph.node[-1].op_type}")


def _outputs(graph: onnx.GraphProto, logits: str) -> int:
    """How many logits there are: the columns of the weights, or numbers of the bias, that make them."""
    stored = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for node in graph.node:
        for each in node.attribute:
            if node.op_type == "Constant" and each.name == "value":
                stored[node.output[0]] = list(each.t.dims)
    node = next(node for node in graph.node if logits in node.output)
    if node.op_type == "Add":
        return next(int(stored[name][-1]) for name in node.input if name in stored)
    turned = any(each.name == "transB" and each.i for each in node.attribute)
    return int(stored[node.input[1]][0 if turned else -1])


def _not_found(received: str) -> ModelFileError:
    return ModelFileError(
        "The score for unknown images cannot be added to this graph",
        expected="probabilities computed by a single dense layer",
        received=received,
    )
