"""Trackers: write a run's parameters, metrics and figures for TensorBoard or MLflow.

Nothing is tracked unless you request it, and nothing leaves this machine unless the address is on another one. Each
tracker is a module that requires its own package and imports it only when used.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from convonet.errors import InputError, nearest
from convonet.trackers.base import Tracker

if TYPE_CHECKING:
    from convonet.trackers.mlflow import MLflow
    from convonet.trackers.tensorboard import TensorBoard

__all__ = ["MLflow", "TensorBoard", "Tracker", "checked_address", "checked_addresses", "create_tracker"]


class _Known(NamedTuple):
    class_name: str
    package: str
    example: str


_TRACKERS = {
    "tensorboard": _Known("TensorBoard", "tensorboard", "tensorboard:logs"),
    "mlflow": _Known("MLflow", "mlflow", "mlflow:sqlite:///mlflow.db"),
}

if not TYPE_CHECKING:
    # The classes are looked up on demand, so that importing this package does not need TensorBoard or MLflow.
    def __getattr__(name):
        for kind, known in _TRACKERS.items():
            if known.class_name == name:
                _check_installed(kind)
                return getattr(importlib.import_module(f"{__name__}.{kind}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def checked_address(text: str) -> str:
    """The address of a tracker, such as `tensorboard:logs`.

    Raises:
        InputError: the tracker does not exist, nothing follows the colon, or its package is not installed.
    """
    kind, colon, place = text.partition(":")
    if kind not in _TRACKERS or not colon or not place:
        near = nearest(kind, _TRACKERS)
        raise InputError(
            "This is not the address of a tracker",
            where="track",
            expected=" or ".join(known.example for known in _TRACKERS.values()),
            received=text,
            hint=f"Did you mean {near}:{place or 'DIR'}?" if near and near != kind else None,
        )
    _check_installed(kind)
    return text


def checked_addresses(texts: str | Sequence[str]) -> list[str]:
    """One or more checked addresses.

    Raises:
        InputError: as in `checked_address`.
    """
    return [checked_address(text) for text in ([texts] if isinstance(texts, str) else texts)]


def create_tracker(address: str) -> Tracker:
    """Create the tracker for an address.

    Raises:
        InputError: as in `checked_address`.
    """
    kind, _, place = checked_address(address).partition(":")
    module = importlib.import_module(f"{__name__}.{kind}")
    tracker: Tracker = getattr(module, _TRACKERS[kind].class_name)(place)
    return tracker


def _check_installed(kind: str) -> None:
    package = _TRACKERS[kind].package
    # find_spec looks for the package without loading it; it is loaded only when it is used.
    if find_spec(package) is None:
        raise InputError(
            f"The tracker {kind} needs {package}, which is not installed",
            hint=f"Run pip install 'convonet[{kind}]'",
        )
