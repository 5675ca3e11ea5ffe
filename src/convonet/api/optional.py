"""Optional packages, imported when a function needs them."""

from __future__ import annotations

import importlib
from typing import Any

from convonet.errors import InputError


def optional_module(name: str, install: str) -> Any:
    """Import a module of a package that may not be installed.

    Args:
        install: the name of the package for pip.

    Raises:
        InputError: the package is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise InputError(
            f"This needs {package}, which is not installed", hint=f"Run pip install '{install}'"
        ) from error
