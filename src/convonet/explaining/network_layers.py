"""The layers of a network by name, nested networks opened: where to look, and which convolution is the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from convonet.errors import InputError, nearest
from convonet.hints import Hint, call
from convonet.nets.backend import keras

_SHOWN = 12
_FOLLOWING = ("BatchNormalization", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Add")


class NamedLayer(NamedTuple):
    """One layer; `name` of a layer in a nested network is `network/layer`, as in the layer table."""

    name: str
    layer: Any


def layers_of(network: keras.Model) -> list[NamedLayer]:
    """All layers in their order, inputs left out."""
    return _walk(network, "")


def _walk(network: keras.Model, prefix: str) -> list[NamedLayer]:
    layers: list[NamedLayer] = []
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            layers += _walk(layer, f"{prefix}{layer.name}/")
        elif not isinstance(layer, keras.layers.InputLayer):
            layers.append(NamedLayer(prefix + layer.name, layer))
    return layers


def find_layer(network: keras.Model, name: str) -> NamedLayer:
    """The layer of that name; the part behind the last `/` is enough where only one layer has it.

    Raises:
        InputError: no such layer, or several.
    """
    layers = layers_of(network)
    # A full name wins, since it may also be the last part of a longer one.
    found = [named for named in layers if named.name == name] or [
        named for named in layers if named.name.rpartition("/")[2] == name
    ]
    if len(found) == 1:
        return found[0]
    names = [named.name for named in found or layers]
    near = nearest(name, names)
    listed = Hint.of(
        "{} lists all layers",
        call("summary(model)", "summary MODEL"),
        window="The Network page lists all layers",
    )
    raise InputError(
        "The network has several layers with this name" if found else "The network has no such layer",
        where=name,
        expected="one of " + _some(names),
        hint=f"Did you mean {near}?" if near and not found else listed,
    )


def _some(names: Sequence[str]) -> str:
    """All names, or of very many the last ones, which are mostly meant."""
    return ", ".join(names if len(names) <= _SHOWN else ["…", *names[-_SHOWN:]])


def is_convolution(layer: Any) -> bool:
    """Whether a two-dimensional kernel slides over maps in this layer."""
    made = keras.layers
    return isinstance(layer, (made.Conv2D, made.DepthwiseConv2D, made.SeparableConv2D, made.Conv2DTranspose))


def follows(named: NamedLayer) -> bool:
    """Whether the layer belongs to the convolution before it: normalisation, activation, or a shortcut's sum."""
    return type(named.layer).__name__ in _FOLLOWING


def last_convolution(layers: Sequence[NamedLayer], shapes: dict[str, tuple[int, ...]]) -> NamedLayer | None:
    """The layer that gives the maps of the last convolution, after its activation and shortcut.

    Convolutions whose maps have shrunk to a single position (a gate over maps, LeNet's C5) do not count: nothing
    could be seen on them.

    Args:
        layers: of the network, in order.
        shapes: name → shape of its output, without the batch.

    Returns:
        None where no convolution gives maps of more than one position.
    """
    maps = [
        named
        for named in layers
        if is_convolution(named.layer) and _positions(shapes.get(named.name, ())) > 1
    ]
    if not maps:
        return None
    last = maps[-1]
    shape = shapes[last.name]
    for named in layers[layers.index(last) + 1 :]:
        # Pooling has other sizes: behind it the map would be coarser for nothing.
        if not follows(named) or shapes.get(named.name) != shape:
            break
        last = named
    return last


def _positions(shape: Sequence[int]) -> int:
    return shape[0] * shape[1] if len(shape) == 3 else 0
