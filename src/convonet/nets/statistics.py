"""Which batch normalisations learn their means and variances, and which keep those that they were loaded with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_FIXED = "_convonet_fixed_statistics"


def fix_statistics(layer: Any) -> None:
    """Let a batch normalisation train its scale and shift alone, on the statistics that it has.

    Only the forward pass of `torch_path` knows the difference; Keras normalises by the batch whatever is trained.
    """
    setattr(layer, _FIXED, True)


def learns_statistics(layer: Any) -> bool:
    """Whether a batch normalisation takes the statistics of each batch in training, and learns them."""
    return bool(layer.trainable) and not getattr(layer, _FIXED, False)


def is_fixed(layer: Any) -> bool:
    """Whether a batch normalisation keeps the statistics that it was loaded with."""
    return bool(getattr(layer, _FIXED, False))


def freeze_fixed(layers: Iterable[Any]) -> None:
    """Freeze the normalisations with fixed statistics altogether: for a forward pass that cannot keep them apart."""
    for layer in layers:
        if getattr(layer, _FIXED, False):
            layer.trainable = False
