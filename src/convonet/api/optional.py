"""Packages that Convonet does without until somebody asks for what needs them."""

from __future__ import annotations

import importlib
from typing import Any

from convonet.errors import InputError


def optional_module(name: str, install: str) -> Any:
    """A module of a package that may be absent.

    Args:
        install: what pip installs it by.

    Raises:
        InputError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise InputError(
            f"This needs {package}, which is not installed", hint=f"Run pip install '{install}'"
        ) from error
