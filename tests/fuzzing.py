"""How often a test with random damage or random moments tries: a share of the full count."""

from __future__ import annotations

import os

SHARE = float(os.environ.get("CONVONET_FUZZ", "0.1"))
"""The environment variable CONVONET_FUZZ: 1 for the full counts, more for more than them."""


def tries(full: int) -> int:
    """A full count as this run takes it, 1 or more."""
    return max(round(full * SHARE), 1)
