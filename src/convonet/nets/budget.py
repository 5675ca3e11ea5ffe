"""How much a network of a stranger may take, seen before the memory is taken: parameters and feature maps."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py

from convonet.errors import ModelFileError
from convonet.inference.keras_file import UNREADABLE, damaged
from convonet.nets.backend import keras

MAX_PARAMETERS = 500_000_000
MAX_MAP = 2**27
_SLACK = 1000


def stored_numbers(weights: Path | BinaryIO, path: Path) -> int:
    """How many numbers an HDF5 file holds, without reading them; `path` is what the person calls the file.

    Raises:
        ModelFileError: a damaged file.
    """
    total = 0

    def count(_: str, item: Any) -> None:
        nonlocal total
        if isinstance(item, h5py.Dataset):
            total += int(item.size or 0)

    try:
        with h5py.File(weights, "r") as file:
            file.visititems(count)
    except UNREADABLE as error:
        raise damaged(path, error) from error
    return total


@contextmanager
def parameters_within(stored: int, path: Path) -> Iterator[None]:
    """While networks are built in this thread: no more parameters than their file holds.

    A description of two kilobytes can ask for ten gigabytes of random weights. Keras has no size of a network
    before it is built, so the place where every layer asks for its weights is watched.

    Raises:
        ModelFileError: the network asks for more.
    """
    limit, asked, here = min(stored + _SLACK, MAX_PARAMETERS), 0, threading.get_ident()
    original = keras.layers.Layer.add_weight

    def counted(layer: Any, shape: Any = None, *rest: Any, **named: Any) -> Any:
        nonlocal asked
        # Other threads may build networks of their own meanwhile, which this file does not pay for.
        if threading.get_ident() == here:
            # A side that is not known yet counts once; the sum only has to stay below the file's.
            asked += math.prod(side or 1 for side in shape) if isinstance(shape, (tuple, list)) else 1
            if asked > limit:
                raise _too_many(asked, stored, path)
        return original(layer, shape, *rest, **named)

    keras.layers.Layer.add_weight = counted
    try:
        yield
    finally:
        keras.layers.Layer.add_weight = original


def _too_many(asked: int, stored: int, path: Path) -> ModelFileError:
    return ModelFileError(
        "The network has more parameters than there are values in its file, or more than allowed",
        where=path,
        expected=f"at most {min(stored, MAX_PARAMETERS):,} parameters",
        received=f"{asked:,} or more",
    )


def check_maps(network: keras.Model, path: Path) -> None:
    """See that no layer gives a map of absurd size for one image.

    Raises:
        ModelFileError: one does.
    """
    for layer in layers_within(network):
        for tensor in keras.tree.flatten(getattr(layer, "output", None)):
            # The batch has no size here: one image.
            size = math.prod(side or 1 for side in tensor.shape) if tensor is not None else 0
            if size > MAX_MAP:
                raise ModelFileError(
                    f"The feature map that the layer {layer.name} outputs is too large",
                    where=path,
                    expected=f"at most {MAX_MAP:,} values",
                    received="×".join(map(str, tensor.shape[1:])),
                )


def layers_within(network: keras.Model) -> Iterator[Any]:
    """The layers in their order, nested networks opened."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from layers_within(layer)
        else:
            yield layer
