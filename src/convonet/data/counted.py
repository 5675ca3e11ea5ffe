"""Counts in sentences."""

from __future__ import annotations


def counted(count: int, one: str, many: str) -> str:
    """`1 image looks` or `2,000 images look`: the count with the words that suit it."""
    return f"1 {one}" if count == 1 else f"{count:,} {many}"
