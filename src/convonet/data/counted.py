"""Counts in sentences, where the rooms of images look for them."""

from __future__ import annotations

from convonet.text import counted

__all__ = ["counted"]
