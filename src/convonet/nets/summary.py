"""The layer table as data: shapes, parameters, receptive field, multiply-adds, memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from convonet.documents.network import LayerRow, NetworkSummary
from convonet.nets.backend import keras
from convonet.nets.geometry import PIXEL, Pair, ReceptiveField, multiply_adds, widest, window_of

Shape = tuple[int | None, ...]

_WIDTHS = {"float64": 8, "float16": 2, "bfloat16": 2, "int8": 1, "uint8": 1, "int64": 8}


def summarize(model: keras.Model) -> NetworkSummary:
    """The layer table of a functional or sequential network; nested networks are opened."""
    rows: list[LayerRow] = []
    _walk(model, PIXEL, "", rows)
    trainable = _count(model.trainable_variables)
    params = trainable + _count(model.non_trainable_variables)
    return NetworkSummary(
        layers=tuple(rows),
        params=params,
        trainable=trainable,
        non_trainable=params - trainable,
        bytes=sum(_bytes(v.shape, v.dtype) for v in model.variables if _is_weight(v)),
        macs=sum(row.macs for row in rows),
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
