"""Convonet: from folders of images to a trained, tested, explained and usable image classifier.

Public names load on first use; `import convonet` itself loads neither keras nor torch, Qt nor matplotlib.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from convonet._version import __version__

if TYPE_CHECKING:
    from convonet.api import dream as dream
    from convonet.api import evaluate as evaluate
    from convonet.api import explain as explain
    from convonet.api import export as export
    from convonet.api import inspect as inspect
    from convonet.api import layers as layers
    from convonet.api import mark as mark
    from convonet.api import predict as predict
    from convonet.api import report as report
    from convonet.api import study as study
    from convonet.api import suspects as suspects
    from convonet.api import train as train
    from convonet.api import tune as tune
    from convonet.api import verify as verify
    from convonet.errors import Cancelled as Cancelled
    from convonet.errors import ConvonetError as ConvonetError
    from convonet.params import DataParams as DataParams
    from convonet.params import HyperParams as HyperParams
    from convonet.params import SearchSpace as SearchSpace

_HOMES = {
    "inspect": "convonet.api",
    "train": "convonet.api",
    "tune": "convonet.api",
    "study": "convonet.api",
    "suspects": "convonet.api",
    "evaluate": "convonet.api",
    "predict": "convonet.api",
    "verify": "convonet.api",
    "explain": "convonet.api",
    "layers": "convonet.api",
    "dream": "convonet.api",
    "export": "convonet.api",
    "mark": "convonet.api",
    "report": "convonet.api",
    "DataParams": "convonet.params",
    "HyperParams": "convonet.params",
    "SearchSpace": "convonet.params",
    "ConvonetError": "convonet.errors",
    "Cancelled": "convonet.errors",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'convonet' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
