"""Accuracy and loss over the epochs, training beside validation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from convonet.plots.figures import (
    BLUE,
    GREEN,
    INK,
    LABEL_SIZE,
    LIGHT_BLUE,
    LIGHT_ORANGE,
    MUTED,
    ORANGE,
    TICK_SIZE,
    TITLE_SIZE,
    new_figure,
    tidy,
)
from convonet.plots.registry import register

# With few epochs the points are what was measured; with many they only thicken the line.
MAX_MARKED = 40
DASHES = (0, (5, 3))


class Curves(NamedTuple):
    """The numbers of the plots. Values are NaN where an epoch has none; an empty tuple: never measured.

    Attributes:
        epochs: 1, 2, 3 …
        accuracy, val_accuracy: 0..1.
        kept: the epoch whose weights were kept, where it is not simply the last.
    """

    epochs: tuple[int, ...]
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    val_loss: tuple[float, ...]
    val_accuracy: tuple[float, ...]
    kept: int | None = None


def curves_of(history: Mapping[str, Sequence[float | None]], kept: int | None = None) -> Curves:
    """The curves of a history such as `{"loss": […], "accuracy": […], "val_loss": […]}`.

    Args:
        history: one value an epoch for each name; None, NaN or infinity where there is none.
        kept: the epoch whose weights were kept, from 1.

    Raises:
        ValueError: lists of different length.
    """
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    columns = {name: tuple(map(_number, history.get(name) or ())) for name in names}
    # A column without a number would still get an entry in the legend.
    columns = {name: () if all(map(math.isnan, values)) else values for name, values in columns.items()}
    lengths = {len(values) for values in history.values() if values}
    if len(lengths) > 1:
        raise ValueError(f"history: expected lists of equal length, received {sorted(lengths)}.")
    epochs = tuple(range(1, max(lengths, default=0) + 1))
    return Curves(epochs, **columns, kept=kept if kept != len(epochs) else None)


def draw_curve(
    ax: Axes, curves: Curves, name: str, *, colors: tuple[str, str] = (BLUE, ORANGE), prefix: str = ""
) -> None:
    """Draw one score over the epochs.

    Args:
        ax: where to.
        curves: the numbers.
        name: `loss` or `accuracy`.
        colors: of training and of validation.
        prefix: put before `training` and `validation` in the legend.
    """
    style: dict[str, Any] = {"marker": "o" if len(curves.epochs) <= MAX_MARKED else "", "markersize": 4}
    pairs = ((name, "training", "-"), (f"val_{name}", "validation", "--"))
    for (key, label, line), color in zip(pairs, colors, strict=True):
        values = getattr(curves, key)
        if values:
            ax.plot(curves.epochs, values, line, color=color, linewidth=1.8, label=prefix + label, **style)
    tidy(ax, "", "Epoch", name.capitalize())
    _epoch_axis(ax, curves)
    if name == "accuracy":
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol="%"))


@register("curves", "Accuracy and loss in training and validation", "train_val_plots.png")
def curves_figure(curves: Curves) -> Figure:
    """Accuracy on the left, loss on the right."""
    figure = new_figure(10.0, 4.2)
    for ax, name in zip(figure.subplots(1, 2), ("accuracy", "loss"), strict=True):
        draw_curve(ax, curves, name)
        tidy(ax, name.capitalize(), "Epoch")
        if ax.lines:
            ax.legend(fontsize=TICK_SIZE, frameon=False)
        else:
            _say_empty(ax)
    return figure


@register("combined", "Accuracy and loss in one figure, with the target", "accuracy_and_loss.png")
def combined_figure(curves: Curves, target: float | None = None, title: str = "Accuracy and loss") -> Figure:
    """Both curves over one epoch axis: accuracy on the left scale, loss on the right one.

    Args:
        curves: the numbers.
        target: an accuracy, 0..1, drawn as a dashed line.
        title: of the figure.
    """
    figure = new_figure(7.5, 4.5)
    left = figure.subplots()
    right = left.twinx()
    draw_curve(left, curves, "accuracy", colors=(BLUE, LIGHT_BLUE), prefix="accuracy, ")
    draw_curve(right, curves, "loss", colors=(ORANGE, LIGHT_ORANGE), prefix="loss, ")
    if target is not None:
        label = f"target {100 * target:g}%"
        left.axhline(target, color=GREEN, linestyle=DASHES, linewidth=1.4, label=label)
    left.set_title(title, fontsize=TITLE_SIZE, color=INK, loc="left")
    # The ticks of the two scales differ, so a second grid would cross the first.
    right.grid(False)
    # tidy() hides it, but here it is the axis of the loss.
    right.spines["right"].set_visible(True)
    # Both axes show the kept epoch; the legend tells it once, and scores come first.
    told = {str(line.get_label()): line for line in (*left.lines, *right.lines)}
    handles = sorted(told.values(), key=lambda line: ", " not in str(line.get_label()))
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=TICK_SIZE, frameon=False)
    return figure


def _epoch_axis(ax: Axes, curves: Curves) -> None:
    last = max(len(curves.epochs), 1)
    # With one epoch the axis would have no width.
    room = 0.5 if last == 1 else 0.03 * (last - 1)
    ax.set_xlim(1 - room, last + room)
    # There is no epoch between two whole numbers.
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10, min_n_ticks=1))
    if curves.kept is not None:
        ax.axvline(curves.kept, color=MUTED, linestyle=":", linewidth=1.2, label=f"kept: epoch {curves.kept}")


def _say_empty(ax: Axes) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.text(
        0.5,
        0.5,
        "no data",
        transform=ax.transAxes,
        ha="center",
        va="center",
        fontsize=LABEL_SIZE,
        color=MUTED,
    )


def _number(value: float | None) -> float:
    return float(value) if value is not None and math.isfinite(value) else math.nan
