"""The look that all figures share: a canvas of their own, colours that colour-blind people can tell apart."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine

from convonet.atomic import replacing

# Okabe and Ito, Color Universal Design (2008).
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
LIGHT_BLUE, LIGHT_ORANGE = "#56B4E9", "#E69F00"
INK, MUTED, LINE, SHADE = "#222222", "#6B6B6B", "#D9D9D9", "#F4F6F8"
TITLE_SIZE, LABEL_SIZE, TICK_SIZE = 12.0, 10.0, 9.0
DPI, FINE_DPI = 120, 200
MAX_INCHES = 40.0


def new_figure(width: float, height: float) -> Figure:
    """A white figure of `width` × `height` inches with an Agg canvas, known to no pyplot."""
    size = min(width, MAX_INCHES), min(height, MAX_INCHES)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1), facecolor="white")
    # pyplot would keep the figure in memory until it is closed, and must not be used from threads.
    FigureCanvasAgg(figure)
    return figure


def tidy(ax: Axes, title: str, x_label: str = "", y_label: str = "") -> None:
    """A light frame, a grid behind the data, and the words around it."""
    ax.set_title(title, fontsize=TITLE_SIZE, color=INK, loc="left", pad=8)
    ax.set_xlabel(x_label, fontsize=LABEL_SIZE, color=INK)
    ax.set_ylabel(y_label, fontsize=LABEL_SIZE, color=INK)
    ax.tick_params(labelsize=TICK_SIZE, colors=INK, length=0)
    ax.set_facecolor("white")
    ax.set_axisbelow(True)
    ax.grid(True, color=LINE, linewidth=0.6)
    for side in ax.spines.values():
        side.set_color(LINE)
    ax.spines[["top", "right"]].set_visible(False)


def save_figure(figure: Figure, path: Path, dpi: int = DPI) -> None:
    """Write a PNG whole or not at all.

    Its text `Pictures` names the places of the pictures in it: a face that shows figures on a dark ground turns the
    rest over, and leaves those as they are. A place is left, top, width and height as shares of the figure, and
    whether paper is seen through it.

    Raises:
        OutputError: the folder cannot be written to.
        StorageError: the disk is full.
    """
    with replacing(path) as temporary, _laid_out(figure, dpi):
        told = {"Software": None, "Pictures": json.dumps(places) if (places := _pictures(figure)) else None}
        # Not `savefig`, which would lay the figure out again and draw it twice.
        FigureCanvasAgg(figure).print_png(temporary, metadata=told)


@contextlib.contextmanager
def _laid_out(figure: Figure, dpi: int) -> Iterator[None]:
    """The figure at the resolution that its picture will have, everything in it where it will be."""
    canvas, usual, engine = figure.canvas, figure.dpi, figure.get_layout_engine()
    figure.dpi = dpi
    try:
        figure.draw_without_rendering()
        # Where a picture stands must not change any more: laid out again, all would move a little.
        figure.set_layout_engine("none")
        yield
    finally:
        figure.dpi = usual
        figure.set_layout_engine(engine)
        figure.set_canvas(canvas)


def _pictures(figure: Figure) -> list[tuple[float, float, float, float, bool]]:
    inside = figure.transFigure.inverted()
    places = []
    for image in (image for ax in figure.axes for image in ax.images):
        box = image.get_window_extent().transformed(inside)
        left, top, width, height = (
            round(float(side), 5) for side in (box.x0, 1 - box.y1, box.width, box.height)
        )
        places.append((left, top, width, height, _has_gaps(image)))
    return places


def _has_gaps(image: AxesImage) -> bool:
    values = image.get_array()
    if values is None:
        return False
    return bool(np.ma.is_masked(values) or (values.ndim == 3 and values.shape[2] == 4))
