"""Pages of images with a title each: samples of the classes, and mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from convonet.plots.figures import INK, ORANGE, TITLE_SIZE, new_figure
from convonet.plots.fonts import find_fonts, wrapped
from convonet.plots.registry import register

COLUMNS = 5
SAMPLES = 10
MAX_IMAGES = 200
CELL = 1.7
LETTERS = 22


def pick_samples(labels: ArrayLike, count: int = SAMPLES, seed: int = 0) -> NDArray[np.int64]:
    """Rows to show: one of each class in turn until there are `count`, the same for the same seed.

    Args:
        labels: class indices, shape (n,).
        count: 1 or more; fewer rows give all of them.
        seed: decides which.

    Returns:
        Rows in class order, then in row order, shape (min(count, n),).
    """
    classes = np.asarray(labels)
    order = np.random.default_rng(seed).permutation(len(classes))
    turn = np.empty(len(classes), dtype=np.int64)
    for name in np.unique(classes):
        own = order[classes[order] == name]
        turn[own] = np.arange(len(own))
    first = order[np.argsort(turn[order], kind="stable")][:count]
    return first[np.lexsort((first, classes[first]))]


@register("samples", "Sample images with class names", "samples.png")
def samples_figure(
    images: NDArray[np.uint8], names: Sequence[str], *, title: str = "", columns: int = COLUMNS
) -> Figure:
    """A page of images with a name above each.

    Args:
        images: shape (n, height, width, channels), 0..255, at most 200.
        names: one for each.
        title: of the page.
        columns: images side by side.

    Raises:
        ValueError: more names than images or the other way round, none, or too many.
    """
    return _page(images, names, title, columns, INK)


@register("mistakes", "Mistakes, highest confidence first", "mistakes.png")
def mistakes_figure(
    images: NDArray[np.uint8],
    titles: Sequence[str],
    *,
    title: str = "Mistakes, highest confidence first",
    columns: int = COLUMNS,
) -> Figure:
    """A page of mistakes, titled such as `7 predicted as 1 (98.3%)`; arguments as `samples_figure`."""
    return _page(images, titles, title, columns, ORANGE)


def _page(images: NDArray[np.uint8], names: Sequence[str], title: str, columns: int, color: str) -> Figure:
    if len(images) != len(names) or not 1 <= len(images) <= MAX_IMAGES:
        raise ValueError(
            f"images: expected 1 to {MAX_IMAGES}, each with a name; "
            f"received {len(images)} and {len(names)} names."
        )
    fonts = find_fonts(names)
    titles = [wrapped(fonts.label(name, place, 10 * LETTERS), LETTERS) for place, name in enumerate(names)]
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height, width = images.shape[1:3]
    row_inches = CELL * height / width + 0.15 * max(text.count("\n") + 1 for text in titles) + 0.2
    figure = new_figure(max(columns * CELL, 3.0), rows * row_inches + (0.4 if title else 0.0))
    if title:
        figure.suptitle(title, fontsize=TITLE_SIZE, color=INK)
    for place, ax in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        ax.set_axis_off()
        if place < len(images):
            # Fixed ends, since matplotlib would stretch each grayscale image to its own range.
            ax.imshow(_shown(images[place]), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            ax.set_title(titles[place], color=color, **fonts.text(8.5))
    return figure


def _shown(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey images lose their channel axis, which matplotlib does not take."""
    return image[:, :, 0] if image.shape[2] == 1 else image
