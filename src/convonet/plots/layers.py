"""What layers hold and what they make of an image: many small pictures side by side on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from convonet.plots.explaining import as_colour
from convonet.plots.figures import INK, LABEL_SIZE, MUTED, TICK_SIZE, new_figure
from convonet.plots.fonts import find_fonts, wrapped
from convonet.plots.registry import register

MAX_TILES = 256
_WIDE = 16
_MOST_SIDE = 96
_PAGE = 8.0
_SHARE = 99.5
_SIGNED = "RdBu_r"
_CELL, _ACROSS = 1.7, 6
# White is the paper between the tiles.
_ALMOST_WHITE = 254 / 255


def mosaic(tiles: NDArray[np.floating[Any]], columns: int) -> NDArray[np.floating[Any]]:
    """Tiles (n, height, width, …) row by row in one array, NaN in the gaps between them."""
    count, height, width = tiles.shape[:3]
    rows, gap = -(-count // columns), max(1, round(max(height, width) / 12))
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap, *tiles.shape[3:])
    page = np.full(size, np.nan, np.float32)
    for place, tile in enumerate(tiles):
        top, left = place // columns * (height + gap), place % columns * (width + gap)
        page[top : top + height, left : left + width] = tile
    return page


@register("filters", "The filters of a layer", "filters.png")
def filters_figure(tiles: NDArray[np.floating[Any]], title: str, *, note: str = "") -> Figure:
    """A page of filters.

    Args:
        tiles: (n, height, width) weights −1..1, red above 0 and blue below; or (n, height, width, 3), where grey
            is 0 and a colour says for what the filter looks. At most the first 256 are shown.
        title: of the page.
        note: below it.
    """
    shown = tiles[:MAX_TILES]
    columns = 1 if len(shown) == 1 else min(_WIDE, len(shown))
    page = mosaic(shown, columns)
    figure, ax = _page(page, title, note if len(shown) == len(tiles) else f"{note}; the first {len(shown)}")
    if page.ndim == 3:
        # A color cannot be NaN, so the gaps between the tiles become transparent.
        there = ~np.isnan(page[..., :1])
        colours = (np.nan_to_num(page) / 2 + 0.5).clip(0, _ALMOST_WHITE)
        ax.imshow(np.concatenate((colours, there), axis=2), interpolation="nearest")
    else:
        ax.imshow(page, cmap=_SIGNED, vmin=-1, vmax=1, interpolation="nearest")
    return figure


@register("feature_maps", "Feature maps of a layer for an image", "feature_maps.png")
def maps_figure(values: NDArray[np.floating[Any]], title: str, *, note: str = "") -> Figure:
    """A page of the maps of one layer, all on one scale: what stays dark is silent.

    Args:
        values: (height, width, maps); at most the first 256 are shown.
        title: of the page.
        note: below it.
    """
    maps = values.transpose(2, 0, 1)[:MAX_TILES]
    step = -(-max(maps.shape[1:]) // _MOST_SIDE)
    page = mosaic(maps[:, ::step, ::step], min(_WIDE if len(maps) > 64 else 8, len(maps)))
    if len(maps) < values.shape[2]:
        note = f"{note}; the first {len(maps)}"
    figure, ax = _page(page, title, note)
    low = min(0.0, float(np.percentile(values, 100 - _SHARE)))
    high = float(np.percentile(values, _SHARE))
    ax.imshow(page, cmap="viridis", vmin=low, vmax=high if high > low else low + 1, interpolation="nearest")
    return figure


@register("dream", "What activates a channel", "dream.png")
def dream_figure(images: NDArray[np.uint8], names: Sequence[str], title: str) -> Figure:
    """Pictures that excite channels, with what they reached.

    Args:
        images: (n, height, width, channels), 0..255.
        names: below each picture.
        title: of the page.
    """
    columns = min(_ACROSS, -(-len(images) // -(-len(images) // _ACROSS)))
    rows = -(-len(images) // columns)
    cell = _CELL * (2.4 if len(images) == 1 else 1.0)
    tall = cell * float(np.clip(images.shape[1] / images.shape[2], 0.4, 2.5)) + 0.2
    figure = new_figure(columns * cell + 0.4, rows * tall + 0.5)
    fonts = find_fonts([title, *names])
    figure.suptitle(wrapped(title, round(columns * cell * 11)), color=INK, **fonts.text(LABEL_SIZE))
    for place, ax in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        _bare(ax)
        if place < len(images):
            ax.imshow(as_colour(images[place]), interpolation="nearest")
            ax.set_xlabel(wrapped(names[place], round(cell * 12)), color=INK, **fonts.text(TICK_SIZE))
    return figure


def _page(page: NDArray[Any], title: str, note: str) -> tuple[Figure, Axes]:
    """A figure as wide as it needs to be for the page."""
    height, width = page.shape[:2]
    scale = _PAGE / max(height, width)
    figure = new_figure(max(width * scale, 4.0) + 0.2, max(height * scale, 0.8) + 0.8)
    ax = figure.subplots()
    _bare(ax)
    ax.set_title(wrapped(title, 90), fontsize=LABEL_SIZE, color=INK, loc="left", parse_math=False)
    ax.set_xlabel(note, fontsize=TICK_SIZE, color=MUTED, loc="left")
    return figure, ax


def _bare(ax: Axes) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
