"""The layer table as data: shapes, parameters, receptive field, multiply-adds, memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from convonet.nets.backend import keras
from convonet.nets.geometry import PIXEL, Pair, ReceptiveField, multiply_adds, widest, window_of

Shape = tuple[int | None, ...]

_HEAD = (
    "layer",
    "type",
    "output",
    "parameters",
    "kernel",
    "stride",
    "padding",
    "activation",
    "field",
    "multiply-adds",
)
_NUMBERS = (3, 8, 9)
_WIDTHS = {"float64": 8, "float16": 2, "bfloat16": 2, "int8": 1, "uint8": 1, "int64": 8}


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Attributes:
        name: as in the network; layers of a nested network are written `network/layer`.
        output_shape: the first item, the batch, is None.
        kernel, stride: (height, width) of a convolution or pooling, else None.
        padding: `same`, `valid` or None.
        activation: its name, None where the layer has none.
        receptive_field: side of the part of the image that one output looks at, in pixels; (height, width)
            where they differ; None once there are no positions.
        macs: multiply-adds for one image.
        bytes: memory of the layer's output for one image.
    """

    name: str
    type: str
    output_shape: Shape
    params: int
    kernel: Pair | None
    stride: Pair | None
    padding: str | None
    activation: str | None
    receptive_field: int | Pair | None
    macs: int
    bytes: int


@dataclass(frozen=True)
class Summary:
    """The table and its totals; `bytes` is the memory of all parameters."""

    rows: tuple[LayerRow, ...]
    params: int
    trainable: int
    non_trainable: int
    bytes: int

    @property
    def macs(self) -> int:
        """Multiply-adds of the whole network for one image."""
        return sum(row.macs for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The JSON value of `convonet summary`."""
        return {
            "layers": [asdict(row) for row in self.rows],
            "params": self.params,
            "trainable": self.trainable,
            "non_trainable": self.non_trainable,
            "bytes": self.bytes,
            "macs": self.macs,
        }

    def text(self) -> str:
        """The table as plain text, one line a layer, ending with a line end."""
        lines = [_HEAD, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
        table = [
            "  ".join(
                cell.rjust(width) if i in _NUMBERS else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        table.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
        totals = (
            f"parameters {self.params:,} (trainable {self.trainable:,}, not trainable {self.non_trainable:,})"
            f", {self.bytes / 2**20:.2f} MiB; {self.macs:,} multiply-adds per image"
        )
        return "\n".join([*table, "", totals]) + "\n"


def _cells(row: LayerRow) -> tuple[str, ...]:
    return (
        row.name,
        row.type,
        "×".join(str(side) for side in row.output_shape[1:]),
        f"{row.params:,}",
        _sides(row.kernel),
        _sides(row.stride),
        row.padding or "",
        row.activation or "",
        _sides(row.receptive_field),
        f"{row.macs:,}" if row.macs else "",
    )


def _sides(value: int | Pair | None) -> str:
    if isinstance(value, tuple):
        return f"{value[0]}×{value[1]}"
    return "" if value is None else str(value)


def summarize(model: keras.Model) -> Summary:
    """The layer table of a functional or sequential network; nested networks are opened."""
    rows: list[LayerRow] = []
    _walk(model, PIXEL, "", rows)
    trainable = _count(model.trainable_variables)
    params = trainable + _count(model.non_trainable_variables)
    return Summary(
        rows=tuple(rows),
        params=params,
        trainable=trainable,
        non_trainable=params - trainable,
        bytes=sum(_bytes(v.shape, v.dtype) for v in model.variables if _is_weight(v)),
    )


def _walk(
    model: keras.Model, start: ReceptiveField | None, prefix: str, rows: list[LayerRow]
) -> ReceptiveField | None:
    """Append the rows of `model` and give the receptive field of its output."""
    fields: dict[int, ReceptiveField | None] = {}
    last = start
    for layer, sources in _in_order(model):
        receptive = widest(fields[key] for key in sources) if sources else last
        if isinstance(layer, keras.Model):
            last = _walk(layer, receptive, f"{prefix}{layer.name}/", rows)
        else:
            row, last = _row(layer, receptive, prefix)
            # The outermost input is the image itself; a nested one marks where its network begins.
            if prefix or not isinstance(layer, keras.layers.InputLayer):
                rows.append(row)
        fields[id(layer)] = last
    return last


def _in_order(model: keras.Model) -> list[tuple[Any, list[int]]]:
    """Each operation with the ids of those whose outputs it takes; of a shared layer the first use counts."""
    if isinstance(model, keras.Sequential):
        return [(layer, []) for layer in model.layers]
    known = {id(layer) for layer in model.operations}
    return [
        (layer, [id(t._keras_history.operation) for t in _inputs(layer, known)]) for layer in model.operations
    ]


def _inputs(layer: Any, known: set[int]) -> list[Any]:
    tensors = layer._inbound_nodes[0].input_tensors
    return [tensor for tensor in tensors if id(tensor._keras_history.operation) in known]


def _row(layer: Any, receptive: ReceptiveField | None, prefix: str) -> tuple[LayerRow, ReceptiveField | None]:
    shape: Shape = tuple(keras.tree.flatten(layer.output)[0].shape)
    window = window_of(layer)
    if window is not None and receptive is not None:
        receptive = receptive.through(window)
    # Behind flattening or pooling a value depends on the whole image, and a side says nothing.
    if len(shape) != 4:
        receptive = None
    return LayerRow(
        name=prefix + layer.name,
        type=type(layer).__name__,
        output_shape=shape,
        params=_count(getattr(layer, "variables", ())),
        kernel=window.kernel if window else None,
        stride=window.stride if window else None,
        padding=window.padding if window else None,
        activation=_activation(layer),
        receptive_field=None if receptive is None else _shortest(receptive.field),
        macs=multiply_adds(layer, shape),
        bytes=_bytes(shape[1:], getattr(layer, "compute_dtype", "float32")),
    ), receptive


def _shortest(sides: Pair) -> int | Pair:
    return sides[0] if sides[0] == sides[1] else sides


def _activation(layer: Any) -> str | None:
    if isinstance(layer, (keras.layers.LeakyReLU, keras.layers.ReLU, keras.layers.Softmax)):
        return {"LeakyReLU": "leaky_relu", "ReLU": "relu", "Softmax": "softmax"}[type(layer).__name__]
    activation = getattr(layer, "activation", None)
    return None if activation is None else str(getattr(activation, "__name__", type(activation).__name__))


def _is_weight(variable: Any) -> bool:
    """Dropout keeps the state of its chance in a variable, which is no parameter."""
    return "seed_generator" not in variable.path


def _count(variables: Iterable[Any]) -> int:
    return sum(math.prod(v.shape) for v in variables if _is_weight(v))


def _bytes(shape: Iterable[int | None], dtype: str) -> int:
    return math.prod(side or 1 for side in shape) * _WIDTHS.get(str(dtype), 4)
