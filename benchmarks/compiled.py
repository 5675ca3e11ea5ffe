"""Convonet as it is after installation: an installed package has been compiled, whatever the shell says."""

from __future__ import annotations

import compileall
import os
from pathlib import Path

import convonet


def as_installed() -> None:
    """Compile what is not compiled yet, and let processes that are started use it."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(Path(convonet.__file__).parent, quiet=1)
