"""Learning rates: what the finder saw, and the rate over the steps of a training."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from convonet.plots.curves import DASHES, MAX_MARKED
from convonet.plots.figures import BLUE, GREEN, TICK_SIZE, new_figure, tidy
from convonet.plots.registry import register


@register("rate_finder", "Loss at increasing learning rates", "rate_finder.png")
def finder_figure(rates: Sequence[float], losses: Sequence[float], suggested: float | None = None) -> Figure:
    """The finder's curve over a logarithmic axis, with the rate that it suggests.

    Args:
        rates, losses: one a batch, the losses smoothed.
        suggested: drawn as a dashed line.
    """
    figure = new_figure(7.0, 4.2)
    ax = figure.subplots()
    ax.plot(rates, losses, color=BLUE, linewidth=1.8)
    ax.set_xscale("log")
    tidy(ax, "Loss at increasing learning rates", "Learning rate", "Loss (smoothed)")
    if suggested is not None:
        ax.axvline(
            suggested, color=GREEN, linestyle=DASHES, linewidth=1.4, label=f"suggested: {suggested:.2g}"
        )
        ax.legend(fontsize=TICK_SIZE, frameon=False)
    return figure


@register("rates", "Learning rate by epoch", "learning_rate.png")
def rates_figure(rates: Sequence[float], steps: int = 1) -> Figure:
    """The rate over a training.

    Args:
        rates: one a batch, or of the last batch of each epoch.
        steps: how many of them an epoch has; the axis counts epochs.
    """
    figure = new_figure(7.0, 3.6)
    ax = figure.subplots()
    ends = [(place + 1) / steps for place in range(len(rates))]
    ax.plot(
        ends, rates, color=BLUE, linewidth=1.8, marker="o" if len(rates) <= MAX_MARKED else "", markersize=4
    )
    ax.set_ylim(bottom=0)
    tidy(ax, "Learning rate", "Epoch", "Learning rate")
    return figure
