"""The forward pass of a Keras network, read once from its graph and then run without Keras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from convonet.nets.backend import keras
from convonet.nets.torch_path.layout import keras_axes, torch_axes
from convonet.nets.torch_path.pieces import Piece, pieces_of

Tensor = Any


@dataclass(frozen=True)
class LayerOp:
    """One piece with its places.

    Attributes:
        sources: places of what goes in; `joins` where the layer takes them as a list.
        place: of what comes out.
        last: places that nobody reads any more.
    """

    piece: Piece
    sources: tuple[int, ...]
    joins: bool
    place: int
    last: tuple[int, ...] = ()


class TorchForward:
    """What `model(images, training=…)` gives, computed in torch's own axes and layouts.

    Args:
        rows: in the order in which they are run; place 0 is the input.
        result: place of the output.
    """

    def __init__(self, rows: Sequence[LayerOp], result: int) -> None:
        self._rows, self._result = tuple(rows), result
        self._size = 1 + max((row.place for row in rows), default=0)

    def __call__(self, images: Tensor, training: bool) -> Tensor:
        """The output, (N, K), of images (N, H, W, C) or rows of numbers, float32."""
        values: list[Any] = [None] * self._size
        values[0] = torch_axes(images)
        for row in self._rows:
            given = [values[place] for place in row.sources]
            values[row.place] = row.piece.run(given if row.joins else given[0], training)
            for place in row.last:
                values[place] = None
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
    return TorchForward(_freed(_folded(_pooled_first(reader.rows, result), result), result), result)


def _is_graph(model: Any) -> bool:
    graph = isinstance(model, keras.Sequential) or type(model).__name__ == "Functional"
    return graph and len(model.inputs) == 1 and len(model.outputs) == 1


class _Reader:
    """Collects the rows of a network and of those nested in it."""

    def __init__(self) -> None:
        self.rows: list[LayerOp] = []
        self._count = 0

    def read(self, model: Any, source: int) -> int | None:
        """Place of the output of `model` with its input at `source`; None where a call is not understood."""
        inner = getattr(model, "_functional", None) or model
        places = {id(inner.inputs[0]): source}
        by_depth = inner._nodes_by_depth
        for depth in sorted(by_depth, reverse=True):
            for node in by_depth[depth]:
                if not node.is_input and not self._node(node, places):
                    return None
        return places.get(id(inner.outputs[0]))

    def _node(self, node: Any, places: dict[int, int]) -> bool:
        args, kwargs = node.arguments.args, node.arguments.kwargs
        # Whether this is training is decided anew in each call, whatever it was when the graph was made.
        extra = [name for name, value in kwargs.items() if value is not None and name != "training"]
        if len(args) != 1 or extra or len(node.outputs) != 1 or not isinstance(node.operation, keras.Layer):
            return False
        joins = isinstance(args[0], (list, tuple))
        sources = [places.get(id(tensor)) for tensor in (args[0] if joins else [args[0]])]
        known = tuple(place for place in sources if place is not None)
        if len(known) != len(sources):
            return False
        place = (
            self.read(node.operation, known[0])
            if _is_nested(node.operation) and not joins
            else self._layer(node.operation, known, joins)
        )
        if place is None:
            return False
        places[id(node.outputs[0])] = place
        return True

    def _layer(self, layer: Any, sources: tuple[int, ...], joins: bool) -> int:
        for piece in pieces_of(layer):
            self._count += 1
            self.rows.append(LayerOp(piece, sources, joins, self._count))
            sources, joins = (self._count,), False
        return self._count


def _is_nested(layer: Any) -> bool:
    return isinstance(layer, keras.Model) and _is_graph(layer)


def _pooled_first(rows: Sequence[LayerOp], result: int) -> list[LayerOp]:
    """Maximum pooling before what leaves the largest number the largest: ReLU, and the bias of a convolution.

    The same numbers and gradients from a quarter of the work. A bias' gradient is a sum over all places, which takes
    as long as the kernel's where there is one channel.
    """
    uses = Counter(place for row in rows for place in row.sources)
    uses[result] += 1
    made = list(rows)

    def follows(here: int) -> bool:
        row, after = made[here : here + 2]
        return after.sources == (row.place,) and uses[row.place] == 1

    for here, (row, after) in enumerate(pairwise(rows)):
        if (row.piece.kind, after.piece.kind) == ("relu", "max_pool") and follows(here):
            made[here], made[here + 1] = replace(row, piece=after.piece), replace(after, piece=row.piece)
    for here in range(len(made) - 1):
        conv, pool = made[here].piece, made[here + 1].piece
        if conv.bare is None or pool.kind != "max_pool" or not follows(here):
            continue
        made[here] = replace(made[here], piece=Piece(conv.bare))
        relu = here + 2 < len(made) and made[here + 2].piece.kind == "relu" and follows(here + 1)
        last = here + 2 if relu else here + 1
        made[last] = replace(made[last], piece=made[last].piece.and_bias(conv.bias))
    return made


def _folded(rows: Sequence[LayerOp], result: int) -> list[LayerOp]:
    """A convolution and the batch normalisation behind it as one convolution, while the latter does not learn.

    That saves a pass over the maps forward and another one backward: most of the time of a network that is fine-tuned
    with its statistics frozen.
    """
    uses = Counter(place for row in rows for place in row.sources)
    uses[result] += 1
    made, skipped = [], False
    for here, row in enumerate(rows):
        if skipped:
            skipped = False
            continue
        after = rows[here + 1] if here + 1 < len(rows) else None
        if (
            after is None
            or row.piece.scaled is None
            or after.piece.affine is None
            or after.sources != (row.place,)
            or uses[row.place] != 1
        ):
            made.append(row)
            continue
        made.append(replace(row, piece=_joined(row.piece, after.piece), place=after.place))
        skipped = True
    return made


def _joined(conv: Piece, norm: Piece) -> Piece:
    def run(x: Tensor, training: bool) -> Tensor:
        affine = norm.affine(training) if norm.affine is not None else None
        if affine is None or conv.scaled is None:
            return norm.run(conv.run(x, training), training)
        return conv.scaled(x, *affine)

    return Piece(run)


def _freed(rows: Sequence[LayerOp], result: int) -> list[LayerOp]:
    """Each row with the places that it is the last to read, so that their memory is given back early."""
    read = {result}
    made = []
    for row in reversed(rows):
        made.append(replace(row, last=tuple(place for place in set(row.sources) if place not in read)))
        read |= set(row.sources)
    return made[::-1]
