"""How many mutated files are tried: the full counts times the variable CONVONET_FUZZ, 0.1 where it is not set."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def share() -> Callable[[int], int]:
    """A full count as this run takes it, 1 or more."""
    factor = float(os.environ.get("CONVONET_FUZZ", "0.1"))
    return lambda full: max(round(full * factor), 1)
