"""Where families are registered. `convonet.params.families` declares their parameters under the same name."""

from __future__ import annotations

from collections.abc import Callable

from convonet.nets.layers import Layers, Tensor

Build = Callable[[Tensor, Layers], Tensor]
"""From scaled pixels to the output row, written with the palette."""

BUILDERS: dict[str, Build] = {}


def register(name: str) -> Callable[[Build], Build]:
    """Make a function the builder of the family of that name."""

    def keep(build: Build) -> Build:
        BUILDERS[name] = build
        return build

    return keep
