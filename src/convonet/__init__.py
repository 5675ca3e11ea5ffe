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
from convonet.lazy_names import names_in_stub

# Keras asks this variable when it is imported, maybe before the first call into Convonet.
if find_spec("torch") is not None:
    os.environ.setdefault("KERAS_BACKEND", "torch")

_HOMES = names_in_stub(__file__)
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
        # Only here, so that `import convonet` loads next to nothing.
        from convonet.packages import missing_package

        missing = missing_package(error)
        if missing is None:
            raise
        raise missing from error


def __dir__() -> list[str]:
    return __all__
