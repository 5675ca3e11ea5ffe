"""What a search found: which parameters matter, how settings lie, how it went on, and what accuracy costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from convonet.documents.search import Setting
from convonet.metrics import main_effects
from convonet.params.labels import label_of
from convonet.plots.figures import (
    BLUE,
    GREEN,
    INK,
    LABEL_SIZE,
    LINE,
    MUTED,
    ORANGE,
    TICK_SIZE,
    TITLE_SIZE,
    new_figure,
    tidy,
)
from convonet.plots.registry import register

_TITLES = {"accuracy": "accuracy", "loss": "loss", "auc": "AUC", "macro_f1": "macro F1"}
_MAP = "viridis"
_MOST_TICKS = 12
# Inches; small, so that words can still be read where two figures stand side by side in the window.
_WIDE, _HIGH = 5.4, 3.3
_LEAST_BARS = 4


class SearchTable(NamedTuple):
    """The finished settings of a search as columns, in the order of their trials.

    Attributes:
        objective: what a score is.
        names: of the varied parameters.
        values: one tuple a setting; None where a setting does not have the parameter.
        scores, spreads, seconds: one a setting.
    """

    objective: str
    names: tuple[str, ...]
    trials: tuple[int, ...]
    values: tuple[tuple[Any, ...], ...]
    scores: tuple[float, ...]
    spreads: tuple[float, ...]
    seconds: tuple[float, ...]

    @property
    def best(self) -> int:
        """The place of the best."""
        return int(np.argmin(self.scores) if self.objective == "loss" else np.argmax(self.scores))


class ParallelAxes(NamedTuple):
    """Where settings cross each parameter's axis.

    Attributes:
        positions: (settings, names), 0..1; NaN where a setting does not have the parameter.
        ticks: for each name its positions and texts.
    """

    positions: np.ndarray
    ticks: tuple[tuple[tuple[float, str], ...], ...]


def search_table(settings: Sequence[Setting], names: Sequence[str], objective: str) -> SearchTable:
    """The settings that are done, as the plots take them."""
    done = sorted((s for s in settings if s.state == "done"), key=lambda s: s.trial)
    return SearchTable(
        objective,
        tuple(names),
        tuple(s.trial for s in done),
        tuple(tuple(s.params.get(name) for name in names) for s in done),
        tuple(math.nan if s.mean_score is None else s.mean_score for s in done),
        tuple(s.std_score or 0.0 for s in done),
        tuple(s.seconds for s in done),
    )


def importance_of(table: SearchTable) -> dict[str, float]:
    """Name → share of the scores' variance that it explains alone, the largest first."""
    columns = {name: [row[place] for row in table.values] for place, name in enumerate(table.names)}
    return main_effects(columns, table.scores)


def parallel_axes(table: SearchTable) -> ParallelAxes:
    """Numbers in their order with their distances, on a logarithmic axis where they span a factor of 50."""
    columns = [
        _axis([row[place] for row in table.values], name in ("init_rate", "l2"))
        for place, name in enumerate(table.names)
    ]
    positions = np.array([column for column, _ in columns], np.float64).reshape(len(table.names), -1).T
    return ParallelAxes(positions, tuple(ticks for _, ticks in columns))


def _axis(column: Sequence[Any], rates: bool) -> tuple[list[float], tuple[tuple[float, str], ...]]:
    known = [value for value in column if value is not None]
    # A bool is an int to Python, but a switch belongs on an axis of names.
    numeric = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in known)
    if not numeric:
        texts = sorted({_text(value) for value in known})
        places = {text: (i + 0.5) / len(texts) for i, text in enumerate(texts)}
        crossings = [math.nan if value is None else places[_text(value)] for value in column]
        return crossings, tuple((place, text) for text, place in places.items())
    low, high = min(known, default=0), max(known, default=0)
    # A logarithm needs positive values, and rates that include 0 are shown in their plain distances.
    logs = low > 0 and (rates or high / low >= 50)

    def place(value: float | None) -> float:
        if value is None:
            return math.nan
        if high == low:
            return 0.5
        if logs:
            return math.log(value / low) / math.log(high / low)
        return float((value - low) / (high - low))

    shown = sorted(set(known))
    if len(shown) > _MOST_TICKS:
        shown = [shown[round(i * (len(shown) - 1) / 4)] for i in range(5)]
    return [place(value) for value in column], tuple((place(value), f"{value:.4g}") for value in shown)


def _text(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)


@register("importance", "Importance of parameters", "importance.png")
def importance_figure(table: SearchTable) -> Figure:
    """A bar for each varied parameter, the most important on top."""
    shares = importance_of(table)
    places = max(len(shares), _LEAST_BARS)
    figure = new_figure(_WIDE, max(_HIGH, 1.4 + 0.4 * places))
    ax = figure.subplots()
    names = list(shares)[::-1]
    labels = [label_of(name) for name in names]
    bars = ax.barh(labels, [100 * shares[name] for name in names], color=BLUE, height=0.6)
    ax.bar_label(bars, fmt="%.1f%%", padding=4, fontsize=TICK_SIZE, color=INK)
    tidy(ax, "Importance of parameters", f"fraction of the variance of {_TITLES[table.objective]}, in %")
    ax.set_xlim(0, max(100 * max(shares.values(), default=0) * 1.15, 1))
    ax.set_ylim(len(shares) - places - 0.5, len(shares) - 0.5)
    ax.grid(False, axis="y")
    return figure


@register("parallel", "Parallel coordinates", "parallel_coordinates.png")
def parallel_figure(table: SearchTable) -> Figure:
    """A line for each setting across an axis for each parameter, coloured by its score."""
    axes = parallel_axes(table)
    figure = new_figure(max(_WIDE, 1.1 * len(table.names) + 1.8), _HIGH)
    ax = figure.subplots()
    colors = ScalarMappable(Normalize(min(table.scores), max(table.scores)), _MAP)
    order = np.argsort(table.scores)
    # The best are drawn last and so lie on top of the others.
    for place in order if table.objective != "loss" else order[::-1]:
        style: dict[str, Any] = (
            {"linewidth": 2.6, "zorder": 3} if place == table.best else {"linewidth": 1.1, "alpha": 0.75}
        )
        color = colors.to_rgba(np.array([table.scores[place]]))[0]
        ax.plot(axes.positions[place], color=color, marker="o", markersize=3.5, **style)
    for place, ticks in enumerate(axes.ticks):
        ax.axvline(place, color=LINE, linewidth=1, zorder=0)
        for position, text in ticks:
            ax.annotate(
                text,
                (place, position),
                (5, 3),
                textcoords="offset points",
                fontsize=TICK_SIZE - 1.5,
                color=MUTED,
            )
    ax.set_title("Parallel coordinates", fontsize=TITLE_SIZE, color=INK, loc="left", pad=8)
    ax.set_xticks(range(len(table.names)), [label_of(name) for name in table.names], fontsize=TICK_SIZE)
    ax.set_yticks([])
    ax.set_xlim(-0.2, len(table.names) - 0.4)
    for side in ax.spines.values():
        side.set_visible(False)
    bar = figure.colorbar(colors, ax=ax, shrink=0.9)
    bar.set_label(_TITLES[table.objective], fontsize=LABEL_SIZE, color=INK)
    bar.ax.tick_params(labelsize=TICK_SIZE, colors=INK, length=0)
    bar.outline.set_visible(False)
    return figure


@register("search_history", "Progress of the search", "search_history.png")
def search_history_figure(table: SearchTable) -> Figure:
    """The score of each trial and the best so far."""
    figure = new_figure(_WIDE, _HIGH)
    ax = figure.subplots()
    best = np.minimum.accumulate if table.objective == "loss" else np.maximum.accumulate
    ax.errorbar(
        table.trials,
        table.scores,
        yerr=table.spreads,
        fmt="o",
        color=BLUE,
        ecolor=MUTED,
        elinewidth=1,
        markersize=5,
        label="mean ± std",
    )
    ax.step(table.trials, best(table.scores), where="post", color=ORANGE, linewidth=1.8, label="best so far")
    tidy(ax, "Progress of the search", "trial", _TITLES[table.objective])
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    _put_legend(ax)
    return figure


@register("search_cost", "Score and training time", "accuracy_and_seconds.png")
def search_cost_figure(table: SearchTable) -> Figure:
    """The score of each setting against the seconds that it trained; those that nothing beats are joined."""
    figure = new_figure(_WIDE, _HIGH)
    ax = figure.subplots()
    front = front_of(table)
    ax.scatter(table.seconds, table.scores, color=BLUE, s=28, zorder=3)
    ax.plot(
        [table.seconds[place] for place in front],
        [table.scores[place] for place in front],
        color=GREEN,
        linewidth=1.4,
        label="no setting is both better and faster",
    )
    for place in front:
        _name(ax, table, place)
    tidy(
        ax,
        "Score and training time",
        "training time of all folds (s)",
        _TITLES[table.objective],
    )
    ax.margins(x=0.12, y=0.12)
    _put_legend(ax)
    return figure


def front_of(table: SearchTable) -> list[int]:
    """Places of the settings that no other is at least as good and faster than, the fastest first."""
    sign = -1 if table.objective == "loss" else 1
    found: list[int] = []
    for place in np.argsort(table.seconds, kind="stable").tolist():
        if not found or sign * table.scores[place] > sign * table.scores[found[-1]]:
            found.append(place)
    return found


def _put_legend(ax: Axes) -> None:
    """Above the axes at the right, where it lies on nothing that is drawn."""
    ax.legend(
        fontsize=TICK_SIZE,
        frameon=False,
        ncols=2,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.1,
        columnspacing=1.0,
        handlelength=1.2,
    )


def _name(ax: Axes, table: SearchTable, place: int) -> None:
    ax.annotate(
        f"trial {table.trials[place]}",
        (table.seconds[place], table.scores[place]),
        (4, 5),
        textcoords="offset points",
        fontsize=TICK_SIZE - 1,
        color=MUTED,
    )
