"""Keras models in memory, saved as files beside the runs that start from them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from convonet.api.inputs import Model, model_path
from convonet.api.new_files import NewFiles
from convonet.atomic import replacing
from convonet.errors import InputError
from convonet.hints import Hint, option
from convonet.text import counted

KerasModel: TypeAlias = Any
"""A `keras.Model` in memory."""


class StartingNetwork(NamedTuple):
    """The network that training starts from.

    Attributes:
        path: a run folder or a model file; None: a new network.
        loss: the user's custom loss, as described in `convonet.training.own_code`; None: the loss of the
            hyperparameters.
    """

    path: Path | None
    loss: dict[str, Any] | None = None


def network_file(model: Model | KerasModel | None, files: NewFiles, workers: int) -> StartingNetwork:
    """The file of a model. A Keras model in memory is written to `files`, only once for the same weights.

    Raises:
        InputError: the model has layers or a loss that are not registered, or that other processes cannot load.
    """
    if model is None:
        return StartingNetwork(None)
    # Recognized by a method, since importing Keras to ask for the type would take seconds.
    if not hasattr(model, "get_weights"):
        return StartingNetwork(model_path(model))
    # It is loaded by now, and takes seconds where no Keras model is given.
    from convonet.training.own_code import check_layers, own_layers, own_loss

    check_layers(model)
    loss = own_loss(model)
    if workers > 1 and (loss is not None or any(own_layers(model))):
        raise InputError(
            "Custom layers and losses are not available in other processes",
            received=counted(workers, "worker"),
            hint=Hint.of("Train with {}", option("workers", 1)),
        )
    return StartingNetwork(_written(model, files), loss)


def _written(model: KerasModel, files: NewFiles) -> Path:
    # The layers count too, since networks with equal weights may differ in activations.
    digest = hashlib.sha256(model.to_json().encode())
    for weights in model.get_weights():
        digest.update(weights.tobytes())
    name = f"network-{digest.hexdigest()[:12]}.keras"
    file = files.new(name)
    if file is not None:
        with replacing(file) as temporary:
            model.save(temporary)
    return files.folder / name
