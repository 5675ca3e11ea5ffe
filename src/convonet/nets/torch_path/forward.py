"""The forward pass of a Keras network, read once from its graph and then run without Keras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from convonet.nets.backend import keras
from convonet.nets.torch_path.converters import TorchOp, ops_of
from convonet.nets.torch_path.layout import keras_axes, torch_axes

Tensor = Any


@dataclass(frozen=True)
class OpNode:
    """One operation, with the indices of the values that it reads and writes.

    Attributes:
        sources: indices of its inputs; `joins` where the layer takes them as a list.
        output: index of its output.
        last: indices of values that nobody reads any more.
    """

    op: TorchOp
    sources: tuple[int, ...]
    joins: bool
    output: int
    last: tuple[int, ...] = ()


class TorchForward:
    """What `model(images, training=…)` gives, computed in torch's own axes and layouts.

    Args:
        nodes: in the order in which they are run; value 0 is the input.
        result: index of the output.
    """

    def __init__(self, nodes: Sequence[OpNode], result: int) -> None:
        self._nodes, self._result = tuple(nodes), result
        self._size = 1 + max((node.output for node in nodes), default=0)

    def __call__(self, images: Tensor, training: bool) -> Tensor:
        """The output, (N, K), of images (N, H, W, C) or rows of numbers, float32."""
        values: list[Any] = [None] * self._size
        values[0] = torch_axes(images)
        for node in self._nodes:
            given = [values[index] for index in node.sources]
            values[node.output] = node.op.run(given if node.joins else given[0], training)
            for index in node.last:
                values[index] = None
        return keras_axes(values[self._result])


def create_forward(model: Any) -> TorchForward | None:
    """The forward pass of a network; None where only Keras can run it.

    That is: not one graph of layers with one input and one output, other numbers than float32, or layers that
    add losses of their own.
    """
    if not _is_graph(model):
        return None
    for layer in model._flatten_layers():
        plain = layer.compute_dtype == "float32" and getattr(layer, "activity_regularizer", None) is None
        if not plain:
            return None
    reader = _Reader()
    result = reader.read(model, 0)
    if result is None:
        return None
    return TorchForward(_freed(_folded(_pooled_first(reader.nodes, result), result), result), result)


def _is_graph(model: Any) -> bool:
    graph = isinstance(model, keras.Sequential) or type(model).__name__ == "Functional"
    # A subclass of Model runs Python between its layers, which the graph does not show.
    return graph and len(model.inputs) == 1 and len(model.outputs) == 1


class _Reader:
    """Collects the operations of a network and of those nested in it."""

    def __init__(self) -> None:
        self.nodes: list[OpNode] = []
        self._count = 0

    def read(self, model: Any, source: int) -> int | None:
        """Index of the output of `model`, whose input has the index `source`; None where a call is not understood."""
        inner = getattr(model, "_functional", None) or model
        indices = {id(inner.inputs[0]): source}
        by_depth = inner._nodes_by_depth
        for depth in sorted(by_depth, reverse=True):
            for node in by_depth[depth]:
                if not node.is_input and not self._node(node, indices):
                    return None
        return indices.get(id(inner.outputs[0]))

    def _node(self, node: Any, indices: dict[int, int]) -> bool:
        args, kwargs = node.arguments.args, node.arguments.kwargs
        # Whether this is training is decided anew in each call, whatever it was when the graph was made.
        extra = [name for name, value in kwargs.items() if value is not None and name != "training"]
        if len(args) != 1 or extra or len(node.outputs) != 1 or not isinstance(node.operation, keras.Layer):
            return False
        joins = isinstance(args[0], (list, tuple))
        sources = [indices.get(id(tensor)) for tensor in (args[0] if joins else [args[0]])]
        known = tuple(index for index in sources if index is not None)
        if len(known) != len(sources):
            return False
        index = (
            self.read(node.operation, known[0])
            if _is_nested(node.operation) and not joins
            else self._layer(node.operation, known, joins)
        )
        if index is None:
            return False
        indices[id(node.outputs[0])] = index
        return True

    def _layer(self, layer: Any, sources: tuple[int, ...], joins: bool) -> int:
        for op in ops_of(layer):
            self._count += 1
            self.nodes.append(OpNode(op, sources, joins, self._count))
            sources, joins = (self._count,), False
        return self._count


def _is_nested(layer: Any) -> bool:
    return isinstance(layer, keras.Model) and _is_graph(layer)


def _pooled_first(nodes: Sequence[OpNode], result: int) -> list[OpNode]:
    """Maximum pooling before what leaves the largest number the largest: ReLU, and the bias of a convolution.

    The same numbers and gradients from a quarter of the work. A bias' gradient is a sum over all pixels, which takes
    as long as the kernel's where there is one channel.
    """
    uses = Counter(index for node in nodes for index in node.sources)
    uses[result] += 1
    made = list(nodes)

    def follows(here: int) -> bool:
        node, after = made[here : here + 2]
        return after.sources == (node.output,) and uses[node.output] == 1

    for here, (node, after) in enumerate(pairwise(nodes)):
        if (node.op.kind, after.op.kind) == ("relu", "max_pool") and follows(here):
            made[here], made[here + 1] = replace(node, op=after.op), replace(after, op=node.op)
    for here in range(len(made) - 1):
        conv, pool = made[here].op, made[here + 1].op
        if conv.bare is None or pool.kind != "max_pool" or not follows(here):
            continue
        made[here] = replace(made[here], op=TorchOp(conv.bare))
        relu = here + 2 < len(made) and made[here + 2].op.kind == "relu" and follows(here + 1)
        last = here + 2 if relu else here + 1
        made[last] = replace(made[last], op=made[last].op.and_bias(conv.bias))
    return made


def _folded(nodes: Sequence[OpNode], result: int) -> list[OpNode]:
    """A convolution and the batch normalisation behind it as one convolution, while the latter does not learn.

    That saves a pass over the maps forward and another one backward: most of the time of a network that is fine-tuned
    with its statistics frozen.
    """
    uses = Counter(index for node in nodes for index in node.sources)
    uses[result] += 1
    made, skipped = [], False
    for here, node in enumerate(nodes):
        if skipped:
            skipped = False
            continue
        after = nodes[here + 1] if here + 1 < len(nodes) else None
        if (
            after is None
            or node.op.scaled is None
            or after.op.affine is None
            or after.sources != (node.output,)
            or uses[node.output] != 1
        ):
            made.append(node)
            continue
        made.append(replace(node, op=_joined(node.op, after.op), output=after.output))
        skipped = True
    return made


def _joined(conv: TorchOp, norm: TorchOp) -> TorchOp:
    def run(x: Tensor, training: bool) -> Tensor:
        affine = norm.affine(training) if norm.affine is not None else None
        if affine is None or conv.scaled is None:
            return norm.run(conv.run(x, training), training)
        return conv.scaled(x, *affine)

    return TorchOp(run)


def _freed(nodes: Sequence[OpNode], result: int) -> list[OpNode]:
    """Each node with the values that it is the last to read, so that their memory is given back early."""
    read = {result}
    made = []
    # From the end: the first one met that reads a value is the last one to need it.
    for node in reversed(nodes):
        made.append(replace(node, last=tuple(index for index in set(node.sources) if index not in read)))
        read |= set(node.sources)
    return made[::-1]
