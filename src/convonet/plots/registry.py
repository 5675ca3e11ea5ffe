"""Every plot by its name, so that the run folder, the report and the window draw the same one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from matplotlib.figure import Figure

Draw = TypeVar("Draw", bound=Callable[..., Figure])


@dataclass(frozen=True)
class Plot:
    """One kind of figure.

    Attributes:
        file: its usual file name in a run folder.
        draw: makes the figure from numbers.
    """

    name: str
    title: str
    file: str
    draw: Callable[..., Figure]


PLOTS: dict[str, Plot] = {}


def register(name: str, title: str, file: str) -> Callable[[Draw], Draw]:
    """Enter a figure function under `name`.

    Raises:
        ValueError: the name is taken.
    """

    def enter(draw: Draw) -> Draw:
        if name in PLOTS:
            raise ValueError(f"There is already a plot named {name}.")
        PLOTS[name] = Plot(name, title, file, draw)
        return draw

    return enter
