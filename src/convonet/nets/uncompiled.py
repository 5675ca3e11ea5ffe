"""Keras without torch's compiler. Loading that takes a third of loading keras, and nothing here is compiled."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_COMPILER = "torch._dynamo"


@contextmanager
def without_compiler() -> Iterator[None]:
    """Let `import torch._dynamo` find a stand-in inside the block, unless the compiler is loaded already.

    Keras only marks functions there that are not to be compiled, and resets it; whatever else is asked of the
    stand-in loads the compiler.
    """
    if _COMPILER in sys.modules:
        yield
        return
    stand_in = _StandIn(_COMPILER)
    sys.modules[_COMPILER] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(_COMPILER) is stand_in:
            del sys.modules[_COMPILER]


class _StandIn(ModuleType):
    """What a compiler that is not loaded can answer."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(_COMPILER) is self:
            del sys.modules[_COMPILER]
        return getattr(importlib.import_module(_COMPILER), name)

    @staticmethod
    def disable(function: Callable[..., Any] | None = None, **_: Any) -> Callable[..., Any]:
        """Mark a function; the compiler sees the mark when it has been loaded by the time of a call."""
        if function is None:
            return _StandIn.disable

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            compiler = sys.modules.get(_COMPILER)
            if isinstance(compiler, ModuleType) and not isinstance(compiler, _StandIn):
                return compiler.disable(function)(*args, **kwargs)
            return function(*args, **kwargs)

        return call

    @staticmethod
    def reset() -> None:
        """Nothing was compiled."""
