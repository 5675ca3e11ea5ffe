"""The weights in a file of Keras 2: found by the names of layers, put in where name and shape fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import h5py
import numpy as np

from convonet.nets.keras2.graph import Leaf
from convonet.nets.keras2.layers import Unreadable, weights_of

_ROOTS = ("layers", "_layer_checkpoint_dependencies")
Find = Callable[[Leaf, int, str], Any]
"""Finds a weight: of which layer, the how manieth of its weights, and its name in Keras 2; None where it has none."""


class _Stored(NamedTuple):
    """A weight in an `.h5` file: its path without the `:0`, and the data."""

    path: tuple[str, ...]
    data: h5py.Dataset


def fill_from_h5(file: h5py.File, leaves: Sequence[Leaf]) -> None:
    """Give all layers their weights from an `.h5` file of a whole model.

    Raises:
        Unreadable: a weight that is absent, of another shape, or of no layer.
    """
    root = file.get("model_weights")
    if not isinstance(root, h5py.Group):
        raise Unreadable("a file without weights")
    stored = {name: list(_stored(root[name])) for name in _texts(root, "layer_names") if name in root}
    used: set[tuple[str, ...]] = set()

    def find(leaf: Leaf, _: int, name: str) -> Any:
        known = stored.get(leaf.path[0], [])
        fits = [one for one in known if one.path[-1] == name]
        # A nested network's weights stand together; of two layers of one name the outer names decide.
        for outer in reversed(leaf.path[1:]):
            named = [one for one in fits if f"/{outer}/" in f"/{'/'.join(one.path)}"]
            fits = named if outer == leaf.path[-1] or named else fits
        if len(fits) > 1:
            raise Unreadable(f"two weights named {name} in the layer {'/'.join(leaf.path)}")
        used.update((leaf.path[0], *one.path) for one in fits)
        return fits[0].data if fits else None

    _fill(leaves, find)
    names = {old for leaf in leaves for old, _ in weights_of(leaf.kind)}
    for top, found in stored.items():
        for one in found:
            if one.path[-1] in names and (top, *one.path) not in used:
                raise Unreadable(f"weights of a layer that the network does not have, {'/'.join(one.path)}")


def _stored(group: Any) -> Iterator[_Stored]:
    if not isinstance(group, h5py.Group):
        return
    for name in _texts(group, "weight_names"):
        data = group.get(name)
        if isinstance(data, h5py.Dataset):
            # A second graph in one process named its weights kernel_1:0.
            path = re.sub(r"(_\d+)?:\d+$", "", name)
            yield _Stored(tuple(path.split("/")), data)


def _texts(group: h5py.Group, name: str) -> list[str]:
    """A list of names; long ones were written in pieces."""
    pieces = (
        [name]
        if name in group.attrs
        else sorted(
            (key for key in group.attrs if re.fullmatch(rf"{name}\d+", key)),
            key=lambda key: int(key[len(name) :]),
        )
    )
    items = [item for key in pieces for item in np.ravel(group.attrs[key]).tolist()]
    return [item.decode("utf-8") if isinstance(item, bytes) else str(item) for item in items]


def fill_from_keras(file: h5py.File, leaves: Sequence[Leaf]) -> None:
    """Give all layers their weights from the weights of a `.keras` file that Keras 2.12 to 2.15 wrote.

    Raises:
        Unreadable: a weight that is absent or of another shape.
    """
    root = next((name for name in _ROOTS if any(_split(key)[0] == name for key in file)), None)
    if root is None:
        raise Unreadable("a file without weights")
    stored: dict[tuple[str, ...], h5py.Dataset] = {}

    def see(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            stored[_split(name)] = item

    file.visititems(see)

    def find(leaf: Leaf, number: int, _: str) -> Any:
        names = [name for position in leaf.positions for name in (root, position)]
        return stored.get((*names, "vars", str(number)))

    _fill(leaves, find)


def _split(name: str) -> tuple[str, ...]:
    """Names between slashes; Keras on Windows wrote backslashes."""
    return tuple(re.split(r"[/\\]", name))


def _fill(leaves: Sequence[Leaf], find: Find) -> None:
    for leaf in leaves:
        variables = {variable.name: variable for variable in leaf.layer.variables}
        present = [pair for pair in weights_of(leaf.kind) if pair[1] in variables]
        for number, (old, new) in enumerate(present):
            data = find(leaf, number, old)
            if data is None:
                raise Unreadable(f"no weight named {old} in the layer {'/'.join(leaf.path)}")
            _put(variables[new], data, f"{'/'.join(leaf.path)}/{old}")
        if leaf.kind == "Normalization" and present:
            leaf.layer.finalize_state()


def _put(variable: Any, data: h5py.Dataset, name: str) -> None:
    shape = tuple(variable.shape)
    if tuple(data.shape) != shape or data.dtype.kind not in "fiu":
        raise Unreadable(f"the weight {name} of shape {tuple(data.shape)} where {shape} is expected")
    variable.assign(np.asarray(data[()], np.float32).astype(variable.dtype))
