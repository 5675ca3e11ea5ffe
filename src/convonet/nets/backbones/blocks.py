"""Which layers of a backbone are trained: none, the last blocks, or all from a name on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from convonet.errors import ParamError, nearest
from convonet.nets import backend
from convonet.nets.backend import keras
from convonet.nets.statistics import fix_statistics

_BLOCK = re.compile(r"(?:conv\d+_)?block_?\d+[a-z]?(?=_)|expanded_conv_\d+(?=_)", re.IGNORECASE)


def freeze(backbone: keras.Model) -> None:
    """Train no layer of it."""
    backbone.trainable = False


def release(backbone: keras.Model, what: str, *, scale_and_shift: bool = False) -> None:
    """Train the end of a backbone and freeze what stands before it.

    Batch normalisation keeps its statistics everywhere: the few images of a new task would spoil them. Its scale and
    shift are trained where the forward pass can tell the two apart, on torch.

    Args:
        what: how many of its last blocks, the name of a block or layer from which on, or `all`.
        scale_and_shift: train those of batch normalisation too.

    Raises:
        ParamError: there are not so many blocks, or none of that name.
    """
    layers = list(_layers(backbone))
    start = _start(layers, what.strip())
    # The parts follow the whole: it has to come first. Only what is frozen normalises as when predicting: Keras
    # lets a network in training overrule `training=False` of the networks nested in it.
    backbone.trainable = True
    affine = scale_and_shift and backend.name() == "torch"
    for index, layer in enumerate(layers):
        norm = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = index >= start and (affine or not norm)
        if norm:
            fix_statistics(layer)


def silence(backbone: keras.Model) -> None:
    """Make its dropout drop nothing, in training too: a frozen backbone says the same of an image every time."""
    for layer in _layers(backbone):
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0


def block_names(backbone: keras.Model) -> list[str]:
    """The blocks of a backbone from its first to its last, by the names that `release` takes."""
    return [name for name, _ in _blocks(list(_layers(backbone)))]


def _start(layers: list[Any], what: str) -> int:
    """Place of the first layer that is trained."""
    if what.lower() == "all":
        return 0
    blocks = _blocks(layers)
    if what.isdigit():
        count = int(what)
        if 1 <= count <= len(blocks):
            return blocks[-count][1]
        raise ParamError.of(
            {"release": f"release (Unfrozen blocks): expected 1 to {len(blocks)} blocks, received {count}"}
        )
    # `block_1` must not be found in `block_12`.
    called = re.compile(re.escape(what) + r"(?!\d)", re.IGNORECASE)
    for index, layer in enumerate(layers):
        if what and called.match(layer.name):
            return index
    names = [name for name, _ in blocks]
    near = nearest(what, [*names, *(layer.name for layer in layers)])
    sentence = (
        f"release (Unfrozen blocks): expected a number, all, or one of {', '.join(names)}, received {what!r}"
    )
    raise ParamError.of({"release": sentence + (f" (did you mean {near}?)" if near else "")})


def _blocks(layers: list[Any]) -> list[tuple[str, int]]:
    """Name and first index of each block. Where no name tells of blocks, each layer with a kernel is one."""
    marks = [_mark(layer) for layer in layers]
    if not any(marks):
        return [(layer.name, index) for index, layer in enumerate(layers) if _has_kernel(layer)]
    blocks: list[tuple[str, int]] = []
    for index, mark in enumerate(marks):
        if mark and mark not in {name for name, _ in blocks}:
            blocks.append((mark, index))
    return blocks


def _mark(layer: Any) -> str | None:
    found = _BLOCK.match(layer.name)
    return found[0] if found else None


def _has_kernel(layer: Any) -> bool:
    return any(len(weight.shape) > 1 for weight in layer.weights)


def _layers(network: keras.Model) -> Iterator[Any]:
    """The layers in their order, nested networks opened."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer
