"""From a file of Keras 2 to a network of Keras 3 that has been seen to compute."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np

from convonet.errors import ModelFileError
from convonet.inference.keras_file import UNREADABLE, damaged
from convonet.nets.backend import keras
from convonet.nets.budget import check_maps
from convonet.nets.keras2.graph import build
from convonet.nets.keras2.layers import Unreadable
from convonet.nets.keras2.weights import fill_from_h5, fill_from_keras

_HINT = (
    "Rebuild the network from Keras 3 layers and save it again, or open an ONNX file that Convonet exported"
)


def open_keras2(path: Path, config: Mapping[str, Any], weights: Path | BinaryIO) -> keras.Model:
    """Build the network anew, put its weights in by name and shape, and let it compute once.

    Args:
        path: what the person calls the file.
        config: its configuration, checked.
        weights: the `.h5` file, or the open weights of a `.keras` file.

    Raises:
        ModelFileError: a layer, a parameter or a weight that is not read, with its name.
    """
    try:
        network, leaves = build(config)
        with h5py.File(weights, "r") as file:
            (fill_from_h5 if "model_weights" in file else fill_from_keras)(file, leaves)
        check_maps(network, path)
        _try(network)
    except ModelFileError:
        raise
    except UNREADABLE as error:
        if not isinstance(error, Unreadable):
            raise damaged(path, error) from error
        raise ModelFileError(
            "The network was saved by Keras 2 and contains something that cannot be converted",
            where=path,
            reason=str(error)[:300],
            hint=_HINT,
        ) from error
    return network


def _try(network: keras.Model) -> None:
    """One pass: whatever cannot compute is told now, not in the middle of the work."""
    shapes = [tuple(tensor.shape) for tensor in network.inputs]
    if any(None in shape[1:] for shape in shapes):
        return  # Which sizes it takes is told by whoever describes it.
    images = [np.full((1, *shape[1:]), 0.5, np.float32) for shape in shapes]
    answers = keras.tree.flatten(network.predict_on_batch(images[0] if len(images) == 1 else images))
    if not all(np.isfinite(answer).all() for answer in answers):
        raise Unreadable("weights that give NaN or infinite outputs for a mid-gray image")
