"""Heat maps over images: beside the original, with the answer and, where it was made, the check of the map."""

from __future__ import annotations

from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from convonet.plots.curves import DASHES
from convonet.plots.figures import BLUE, INK, LABEL_SIZE, MUTED, TICK_SIZE, new_figure, tidy
from convonet.plots.fonts import find_fonts, wrapped
from convonet.plots.registry import register

COLORS = "inferno"
_SIDE = 2.9
_LEAST = 2.6
_COLUMNS = 34
_SHOWN_SIDE = 256
_FULL_AT = 0.35


class DeletionCurves(NamedTuple):
    """What the check drew on: probabilities, 0..1, over the share of the image that is deleted."""

    shares: tuple[float, ...]
    curve: tuple[float, ...]
    random_curve: tuple[float, ...]


def coloured(heat: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Heat 0..1, shape (height, width), as colours (height, width, 3)."""
    return np.asarray(matplotlib.colormaps[COLORS](np.asarray(heat), bytes=True)[..., :3], np.uint8)


def overlay(
    image: NDArray[np.uint8], heat: NDArray[np.floating[Any]], alpha: float = 0.6
) -> NDArray[np.uint8]:
    """The image under its heat, enlarged so that something can be seen.

    Cold places stay as they are; the heat covers up to `alpha` of the image, and all of that from a third of
    the full heat on.

    Args:
        image: (height, width, channels), 0..255.
        heat: 0..1, (height, width).
        alpha: 0..1.

    Returns:
        (height · n, width · n, 3) with the whole n that makes the shorter side at least 256 pixels.
    """
    height, width = image.shape[:2]
    # A whole factor keeps every pixel of the original a square of equal size.
    factor = -(-_SHOWN_SIDE // min(height, width))
    size = (width * factor, height * factor)
    smooth = Image.fromarray(np.asarray(heat, np.float32)).resize(size, Image.Resampling.BILINEAR)
    warm = np.clip(np.asarray(smooth, np.float32), 0, 1)
    base = np.repeat(np.repeat(as_colour(image), factor, axis=0), factor, axis=1)
    share = (alpha * np.clip(warm / _FULL_AT, 0, 1))[..., np.newaxis]
    mixed = np.round(base * (1 - share) + coloured(warm) * share)
    return np.asarray(mixed, np.uint8)


def as_colour(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A grey image (height, width, 1) with three equal channels; a coloured one as it is."""
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


@register("heat_map", "Why the model predicts this class", "explanation.png")
def heat_figure(
    image: NDArray[np.uint8],
    heat: NDArray[np.floating[Any]],
    answer: str,
    title: str,
    *,
    meaning: str = "",
    alpha: float = 0.6,
    deletion: DeletionCurves | None = None,
    sentence: str = "",
) -> Figure:
    """The image beside itself under its heat; at the right how the answer suffers when the map is deleted.

    Args:
        image: what the network sees, (height, width, channels), 0..255.
        heat: 0..1, (height, width).
        answer: above the image, such as `7 (98.3%)`.
        title: above the heat, such as `Grad-CAM for 7`.
        meaning: below it.
        alpha: how much of the image the heat covers, 0..1.
        deletion: of the check; None: not checked.
        sentence: what the check says.
    """
    height, width = image.shape[:2]
    tall = _SIDE * float(np.clip(height / width, 0.5, 2.0))
    panels = 3 if deletion else 2
    fonts = find_fonts([answer, title])
    titles = [wrapped(fonts.label(text, 0, 3 * _COLUMNS), _COLUMNS) for text in (answer, title)]
    lines = wrapped(sentence, 40 * panels)
    rows = max(text.count("\n") for text in titles) + (lines.count("\n") + 1 if lines else 0)
    figure = new_figure(panels * _SIDE + 0.8, max(tall, _LEAST if deletion else 0) + 0.55 + 0.2 * rows)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    _picture(axes[0], as_colour(image), titles[0], fonts)
    _picture(axes[1], overlay(image, heat, alpha), titles[1], fonts)
    bar = figure.colorbar(
        matplotlib.cm.ScalarMappable(cmap=COLORS), ax=axes[1], fraction=0.046, pad=0.03, ticks=[0, 0.5, 1]
    )
    bar.ax.tick_params(labelsize=TICK_SIZE, colors=INK, length=0)
    bar.outline.set_visible(False)
    axes[1].set_xlabel(wrapped(meaning, _COLUMNS), fontsize=TICK_SIZE, color=MUTED)
    if deletion is not None:
        _draw_deletion(axes[2], deletion)
    if lines:
        figure.supxlabel(lines, fontsize=TICK_SIZE, color=INK, x=0.02, ha="left")
    return figure


def _picture(ax: Axes, image: NDArray[np.uint8], title: str, fonts: Any) -> None:
    ax.imshow(image, interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.set_title(title, color=INK, **fonts.text(LABEL_SIZE))


def _draw_deletion(ax: Axes, deletion: DeletionCurves) -> None:
    ax.plot(deletion.shares, deletion.curve, color=BLUE, linewidth=1.8, label="highest values first")
    ax.plot(
        deletion.shares,
        deletion.random_curve,
        color=MUTED,
        linewidth=1.4,
        linestyle=DASHES,
        label="reference maps (mean)",
    )
    tidy(ax, "", "Fraction deleted", "Probability")
    ax.set_title("Deletion", fontsize=LABEL_SIZE, color=INK)
    # A little beyond 0 and 1, so that a line along either end is not cut off.
    ax.set_ylim(-0.03, 1.03)
    ax.set_box_aspect(1)
    ax.legend(fontsize=TICK_SIZE, frameon=False)
