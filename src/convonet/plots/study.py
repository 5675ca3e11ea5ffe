"""A target study: small multiples of all cases, and each case as a figure of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from convonet.params.labels import settings_text
from convonet.plots.curves import DASHES, combined_figure, curves_of
from convonet.plots.figures import BLUE, GREEN, INK, ORANGE, TICK_SIZE, TITLE_SIZE, new_figure, tidy
from convonet.plots.registry import register
from convonet.runs.study_table import StudyRow
from convonet.tasks import StudyTask
from convonet.text import counted

_SCORES = ("loss", "accuracy", "val_loss", "val_accuracy")
_LINES = {"accuracy": (BLUE, "-", "training"), "val_accuracy": (ORANGE, "--", "validation")}


class StudyCase(NamedTuple):
    """One setting and one target.

    Attributes:
        name: the setting in words.
        target: accuracy, 0..1.
        epochs: that were needed; None: not reached.
        history: score name → one value an epoch, up to where the target was reached.
    """

    name: str
    target: float
    epochs: int | None
    history: Mapping[str, Sequence[float]]

    @property
    def verdict(self) -> str:
        """What came of it."""
        if self.epochs is None:
            return "not reached"
        return counted(self.epochs, "epoch")


def study_cases(task: StudyTask, rows: Sequence[StudyRow]) -> list[StudyCase]:
    """A case for each target and setting, ordered by target."""
    return [
        StudyCase(
            name=_named(row),
            target=target,
            epochs=row.epochs_to[index],
            history={key: _scores(row, key, row.epochs_to[index]) for key in _SCORES},
        )
        for index, target in enumerate(task.targets)
        for row in rows
    ]


def _scores(row: StudyRow, key: str, epochs: int | None) -> list[float]:
    """A score up to the epoch that reached the target; of all epochs where none did."""
    return [logs[key] for logs in row.history[:epochs] if key in logs]


def _named(row: StudyRow) -> str:
    """The setting in words."""
    return settings_text(row.params)


@register("study", "Epochs to reach each target", "study.png")
def study_figure(cases: Sequence[StudyCase], metric: str = "accuracy") -> Figure:
    """A panel for each case: targets from top to bottom, settings from left to right.

    Args:
        cases: ordered by target, then by setting, each target with the same settings.
        metric: the score that the targets are about.
    """
    targets = list(dict.fromkeys(case.target for case in cases))
    columns = max(1, len(cases) // max(1, len(targets)))
    rows = max(1, len(targets))
    figure = new_figure(2.6 * columns + 0.8, 2.1 * rows + 0.8)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for place, case in enumerate(cases):
        ax = panels[place // columns][place % columns]
        _panel(ax, case, metric)
        if place % columns == 0:
            ax.set_ylabel(f"target {100 * case.target:g}%", fontsize=TICK_SIZE, color=INK)
        if place // columns == rows - 1:
            ax.set_xlabel("Epoch", fontsize=TICK_SIZE, color=INK)
    figure.suptitle("Epochs to reach each target", fontsize=TITLE_SIZE, color=INK)
    if cases:
        # All panels have the same lines, so the legend of the first one serves all.
        handles = panels[0][0].get_legend_handles_labels()[0]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=TICK_SIZE, frameon=False)
    return figure


def _panel(ax: Axes, case: StudyCase, metric: str) -> None:
    for name, (color, line, label) in _LINES.items():
        values = case.history.get(name) or ()
        style: dict[str, Any] = {"color": color, "alpha": 1.0 if name == metric else 0.5, "label": label}
        ax.plot(range(1, len(values) + 1), values, line, marker="o", markersize=2.5, linewidth=1.5, **style)
    ax.axhline(case.target, color=GREEN, linestyle=DASHES, linewidth=1.3, label="target")
    tidy(ax, "")
    ax.set_title(f"{case.name}\n{case.verdict}", fontsize=TICK_SIZE, color=INK, loc="left")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5, min_n_ticks=1))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol="%"))


@register("study_case", "Accuracy and loss up to a target", "study_case.png")
def study_case_figure(case: StudyCase) -> Figure:
    """Accuracy and loss of one case over one epoch axis, with the dashed target line."""
    return combined_figure(curves_of(case.history), case.target, f"{case.name}: {case.verdict}")
