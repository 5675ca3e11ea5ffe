"""The confusion matrix with class names, from 2 classes to hundreds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from convonet.plots.figures import INK, LINE, TICK_SIZE, TITLE_SIZE, new_figure, tidy
from convonet.plots.fonts import columns_of, find_fonts
from convonet.plots.registry import register
from convonet.text import counted

# Beyond it a number in each cell could not be read at any size that fits a screen.
_MOST_INCHES = 16.0
MAX_NUMBERED = 80
_MOST_NAMES = 100
DARK_CELL = 0.55


class MatrixCells(NamedTuple):
    """The numbers of the plot.

    Attributes:
        classes: names in order.
        shares: each cell as a share of its row, shape (classes, classes); 0 in a row without images.
        texts: what stands in each cell, empty where nothing is to be read; no rows of more than 80 classes.
        title: of the figure.
        unit: what the texts are.
    """

    classes: tuple[str, ...]
    shares: NDArray[np.float64]
    texts: tuple[tuple[str, ...], ...]
    title: str
    unit: str


def matrix_cells(matrix: ArrayLike, classes: Sequence[str], *, as_shares: bool = False) -> MatrixCells:
    """Counts, or shares of each true class in percent, as they will be drawn.

    Args:
        matrix: counts, shape (classes, classes), rows true.
        classes: names in order.
        as_shares: percent of the row instead of counts.

    Raises:
        ValueError: a matrix of another shape.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    if counts.shape != (len(classes), len(classes)):
        raise ValueError(
            f"matrix: expected {counted(len(classes), 'row')} and columns, received shape {counts.shape}."
        )
    sums = counts.sum(axis=1, keepdims=True)
    # A class without images has a row sum of 0.
    shares = counts / np.maximum(sums, 1)
    # Zeros off the diagonal are what most cells of a good matrix hold: left empty, the mistakes stand out.
    hide = (counts == 0) & ~(np.eye(len(classes), dtype=bool) & (sums > 0))
    shown = np.round(100 * shares).astype(np.int64) if as_shares else counts
    # Of a thousand classes a million texts would take longer than the drawing, which leaves them out.
    numbered = zip(shown.tolist(), hide.tolist(), strict=True) if len(classes) <= MAX_NUMBERED else ()
    texts = tuple(
        tuple("" if empty else str(number) for number, empty in zip(*row, strict=True)) for row in numbered
    )
    right, total = int(np.trace(counts)), int(counts.sum())
    title = f"Confusion matrix: {right:,} of {total:,} correct"
    return MatrixCells(tuple(classes), shares, texts, title, "% of the row" if as_shares else "images")


def draw_matrix(ax: Axes, cells: MatrixCells, *, cell_points: float = 40.0) -> None:
    """Draw the cells, darker where more of the true class went.

    Args:
        ax: where to.
        cells: the numbers.
        cell_points: the side of a cell on paper, which decides the size of letters.
    """
    count = len(cells.classes)
    ax.imshow(cells.shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="equal", interpolation="nearest")
    tidy(ax, "", f"Predicted ({cells.unit})", "True")
    # The grid of `tidy` would cross the cells in their middle; the one below runs between them.
    ax.grid(False)
    _name_axes(ax, cells.classes, cell_points)
    if count > MAX_NUMBERED:
        return
    ax.set_xticks(np.arange(count + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(count + 1) - 0.5, minor=True)
    ax.grid(which="minor", color=LINE, linewidth=0.5)
    ax.tick_params(which="minor", length=0)
    _write_numbers(ax, cells, cell_points)


@register("confusion_matrix", "Confusion matrix", "confusion_matrix.png")
def matrix_figure(matrix: ArrayLike, classes: Sequence[str], *, as_shares: bool = False) -> Figure:
    """The confusion matrix as a figure whose size grows with the number of classes.

    Raises:
        ValueError: a matrix of another shape.
    """
    cells = matrix_cells(matrix, classes, as_shares=as_shares)
    count = len(cells.classes)
    side = float(np.clip(7.0 / count, 0.22 if count <= MAX_NUMBERED else 0.05, 1.1))
    names = 0.085 * max(map(columns_of, find_fonts(classes).labels(classes)))
    # Beyond some hundred classes a cell is a dot, and a picture of gigapixels shows no more.
    side = min(side, _MOST_INCHES / count)
    inches = max(4.5, count * side + names + 1.0)
    figure = new_figure(inches, inches)
    figure.suptitle(cells.title, fontsize=TITLE_SIZE, color=INK)
    draw_matrix(figure.subplots(), cells, cell_points=72 * side)
    return figure


def _write_numbers(ax: Axes, cells: MatrixCells, cell_points: float) -> None:
    """The texts in their cells, in letters so small that the longest fits."""
    longest = max((len(text) for row in cells.texts for text in row), default=1)
    size = min(11.0, 0.45 * cell_points, 1.3 * cell_points / max(longest, 1))
    for (row, column), share in np.ndenumerate(cells.shares):
        text = cells.texts[row][column]
        if text:
            # Dark letters cannot be read on a dark cell.
            color = "white" if share > DARK_CELL else INK
            ax.text(column, row, text, ha="center", va="center", fontsize=size, color=color)


def _name_axes(ax: Axes, classes: Sequence[str], cell_points: float) -> None:
    """Class names on both axes; every n-th where a cell is lower than a letter."""
    fonts = find_fonts(classes)
    labels = fonts.labels(classes)
    size = min(TICK_SIZE + 1, max(6.0, 0.62 * cell_points))
    step = max(int(np.ceil(1.1 * size / cell_points)), int(np.ceil(len(classes) / _MOST_NAMES)))
    places = range(0, len(classes), step)
    shown = [labels[place] for place in places]
    upright = max(map(columns_of, shown)) * 0.65 * size <= cell_points * step
    turned: dict[str, Any] = {} if upright else {"rotation": 90 if cell_points < 30 else 45}
    if turned.get("rotation") == 45:
        # Otherwise the middle of a slanted name, not its end, would stand under the cell.
        turned |= {"ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(places, shown, **fonts.text(size), **turned)
    ax.set_yticks(places, shown, **fonts.text(size))
