"""A map of images as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from convonet.text import counted

_MOST_NAMED = 20


def map_figure(place: NDArray[np.floating[Any]], labels: NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """A point for each image, coloured by class.

    Args:
        place: (N, 2).
        labels: (N,), indices of `classes`.
    """
    figure = Figure(figsize=(9, 7.5), layout="constrained")
    axes = figure.subplots()
    size = float(np.clip(30_000 / max(len(place), 1), 2, 24))
    for label, name in enumerate(classes):
        own = place[labels == label]
        axes.scatter(
            own[:, 0], own[:, 1], s=size, color=f"C{label % 10}", alpha=0.75, linewidths=0, label=name
        )
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_title(f"{counted(len(place), 'image')}; similar ones lie close together")
    if 1 < len(classes) <= _MOST_NAMED:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, markerscale=2)
    return figure
