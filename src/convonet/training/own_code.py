"""Layers and losses that a person has written: a run keeps them by the name under which Keras knows them.

Keras' decorator `keras.saving.register_keras_serializable` gives a class or function its name. A process that resumes
or evaluates the run must have registered it, too; code itself is never kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from convonet.errors import InputError
from convonet.hints import Hint, Spelling
from convonet.nets.backend import keras

_REGISTER = (
    "Put @keras.saving.register_keras_serializable() above its definition, and define get_config if it takes "
    "arguments"
)
_RESUME = Spelling(*3 * ("`convonet.resume`",))


def is_own(thing: type | Any) -> bool:
    """Whether a class or function is not one of Keras."""
    return str(getattr(thing, "__module__", "")).split(".")[0] != "keras"


def own_layers(model: Any) -> Iterator[Any]:
    """The layers of a network, nested ones included, whose classes are not Keras' own."""
    return (layer for layer in model._flatten_layers() if is_own(type(layer)))


def check_layers(model: Any) -> None:
    """Refuse what could not be saved and opened again.

    Raises:
        InputError: a network without fixed inputs, or a layer whose class Keras does not know by name.
    """
    if not isinstance(model, (keras.Sequential, keras.src.models.Functional)) or not model.built:
        raise InputError(
            "The network cannot be saved and reopened",
            where=model.name,
            expected="a built keras.Sequential or functional keras.Model",
            received=f"a {type(model).__name__}" + ("" if model.built else " that has not been built"),
            hint="Call your layers on a keras.Input, and give keras.Model its inputs and outputs",
        )
    for layer in own_layers(model):
        if not _is_registered(type(layer)):
            raise InputError(
                "Keras cannot reopen a custom layer, because its class is not registered",
                where=layer.name,
                received=type(layer).__name__,
                hint=_REGISTER,
            )


def own_loss(model: Any) -> dict[str, Any] | None:
    """The loss that a network was compiled with, as a JSON object, where it is a person's own; else None.

    Raises:
        InputError: Keras does not know it by name.
    """
    loss = getattr(model, "loss", None)
    if loss is None or isinstance(loss, (str, list, tuple, dict)):
        return None
    kind = type(loss) if isinstance(loss, keras.losses.Loss) else loss
    if not is_own(kind):
        return None
    if not _is_registered(kind):
        raise InputError(
            "The custom loss is not registered, so the run could not be resumed",
            received=kind.__name__,
            hint=_REGISTER,
        )
    config = loss.get_config() if isinstance(loss, keras.losses.Loss) else None
    return {"name": keras.saving.get_registered_name(kind), "config": config}


def create_own_loss(document: dict[str, Any]) -> Any:
    """The loss that `own_loss` described.

    Raises:
        InputError: this process has not registered it.
    """
    kind = keras.saving.get_registered_object(document["name"])
    if kind is None:
        raise InputError(
            "The custom loss of this run is not registered in this process",
            received=document["name"],
            hint=Hint.of(
                "In Python, run the code that registers it, then resume with {}",
                _RESUME,
                window="A run with a custom loss can be resumed only in Python",
            ),
        )
    config = document["config"]
    return _FunctionLoss(kind) if config is None else kind.from_config(config)


class _FunctionLoss(keras.losses.Loss):  # type: ignore[misc]
    """A function of (y_true, y_pred), averaged over the images as Keras does after `compile`."""

    def __init__(self, function: Any) -> None:
        super().__init__(name=function.__name__)
        self._function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._function(y_true, y_pred)


def _is_registered(kind: Any) -> bool:
    return keras.saving.get_registered_object(keras.saving.get_registered_name(kind)) is kind
