"""How many mutated files are tried."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fuzzing import tries


@pytest.fixture(scope="session")
def share() -> Callable[[int], int]:
    """A full count as this run takes it, 1 or more."""
    return tries
