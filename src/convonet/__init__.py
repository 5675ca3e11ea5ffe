"""Convonet: train, test, explain and use image classifiers from folders of images.

Public names are loaded on first use, so `import convonet` loads none of Keras, PyTorch, Qt and Matplotlib. The names
are listed once, in `__init__.pyi`.
"""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from typing import Any

from convonet._version import __version__ as __version__

# Keras asks this variable when it is imported, maybe before the first call into Convonet.
if find_spec("torch") is not None:
    os.environ.setdefault("KERAS_BACKEND", "torch")


def _public_names() -> dict[str, tuple[str, str]]:
    """Each public name with its module and its name there, from lines `from MODULE import NAME as PUBLIC`."""
    with open(os.path.join(os.path.dirname(__file__), "__init__.pyi"), encoding="utf-8") as stub:
        lines = [line.split() for line in stub if line.startswith("from ")]
    return {public: (module, name) for _, module, _, name, _, public in lines}


_HOMES = _public_names()
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name == "runs":  # the package of that name, which can be called
        return importlib.import_module("convonet.runs")
    if name not in _HOMES:
        raise AttributeError(f"module 'convonet' has no attribute {name!r}")
    module, real = _HOMES[name]
    try:
        return getattr(importlib.import_module(module), real)
    except ModuleNotFoundError as error:
        # Only here, so that `import convonet` loads nothing of its own.
        from convonet.packages import missing_package

        missing = missing_package(error)
        if missing is None:
            raise
        raise missing from error


def __dir__() -> list[str]:
    return __all__
