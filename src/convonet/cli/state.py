"""What holds for the whole call of the command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class CallState:
    """Set while the command line is read; `printed`: the JSON document is on standard output already."""

    debug: bool = False
    json: bool = False
    printed: bool = False


STATE = CallState()
