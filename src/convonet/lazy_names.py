"""Packages whose names load their module when they are first used.

Such a package lists its names once, in `__init__.pyi`, where type checkers and editors read them too.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any


def names_in_stub(init_file: str) -> dict[str, tuple[str, str]]:
    """Each name with its module and its name there, from lines `from MODULE import NAME as PUBLIC`.

    Args:
        init_file: `__file__` of the package; its `__init__.pyi` is in the same folder.
    """
    with open(os.path.join(os.path.dirname(init_file), "__init__.pyi"), encoding="utf-8") as stub:
        lines = [line.split() for line in stub if line.startswith("from ")]
    return {public: (module, name) for _, module, _, name, _, public in lines}


def lazy_getattr(package: str, names: dict[str, tuple[str, str]]) -> Callable[[str], Any]:
    """The `__getattr__` of a package with the names that `names_in_stub` returns."""

    def get(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, real = names[name]
        value = getattr(importlib.import_module(module), real)
        # Python asks `__getattr__` only for names that the package does not have yet.
        setattr(sys.modules[package], name, value)
        return value

    return get
