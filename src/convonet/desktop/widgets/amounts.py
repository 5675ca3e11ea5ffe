"""Large counts as tiles and cards show them."""

from __future__ import annotations


def rounded(count: int) -> str:
    """A count for people: `9,450` in full below a million, `1.4 M` from there on."""
    return f"{count / 1e6:,.1f} M" if count >= 1_000_000 else f"{count:,}"
