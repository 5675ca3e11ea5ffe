"""The hyperparameters of a run as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from convonet.params.families import family_info
from convonet.params.fields import fields_of
from convonet.params.hyper_params import HyperParams
from convonet.plots.figures import BLUE, INK, LINE, MUTED, SHADE, TITLE_SIZE, new_figure
from convonet.plots.fonts import find_fonts, wrapped
from convonet.plots.registry import register

ROW_INCHES = 0.26
VALUE_WIDTH = 48
MAX_LINES = 12

# A number that this training never looks at would mislead in its table.
_USED_WHEN: Mapping[str, Callable[[HyperParams], bool]] = {
    "momentum": lambda hyper: hyper.optimizer == "sgd",
    "nesterov": lambda hyper: hyper.optimizer == "sgd",
    "decay_steps": lambda hyper: hyper.schedule_name == "exponential",
    "decay_rate": lambda hyper: hyper.schedule_name == "exponential",
    "end_rate": lambda hyper: hyper.schedule_name == "cosine",
    "peak_share": lambda hyper: hyper.schedule_name == "one_cycle",
    "warm_up": lambda hyper: hyper.warm_up > 0,
    "warm_up_unit": lambda hyper: hyper.warm_up > 0,
    "focal_gamma": lambda hyper: hyper.loss == "focal",
    "stop_monitor": lambda hyper: hyper.stop_patience is not None,
    "stop_min_delta": lambda hyper: hyper.stop_patience is not None,
    "stop_restore_best": lambda hyper: hyper.stop_patience is not None,
    "target_metric": lambda hyper: hyper.target is not None,
    "plateau_monitor": lambda hyper: hyper.plateau_patience is not None,
    "plateau_factor": lambda hyper: hyper.plateau_patience is not None,
    "plateau_min_delta": lambda hyper: hyper.plateau_patience is not None,
    "min_rate": lambda hyper: hyper.plateau_patience is not None,
    "rand_magnitude": lambda hyper: hyper.rand_augment > 0,
}

# What is off in these groups is left out: the table tells what was done.
_QUIET_GROUPS = ("Loss", "Scores", "Augmentation")


class TableRow(NamedTuple):
    """One line of the table.

    Attributes:
        group: the heading that it stands below.
        value: as a person would type it, with its unit.
        is_set: whether the person gave it; else it is a default.
    """

    group: str
    label: str
    value: str
    is_set: bool


def table_rows(hyper: HyperParams) -> list[TableRow]:
    """The values that a training with `hyper` uses, the family's own defaults among them.

    Raises:
        ParamError: no such family.
    """
    taken = family_info(hyper.family).values(hyper)
    values: dict[str, Any] = hyper.model_dump() | taken
    values |= {"init_rate": hyper.rate, "schedule": hyper.schedule_name}
    rows: list[TableRow] = []
    for name, field in fields_of(HyperParams).items():
        ignored = field.group == "Network" and name != "family" and name not in taken
        off = field.group in _QUIET_GROUPS and values[name] == field.default
        if ignored or off or not _USED_WHEN.get(name, bool)(hyper):
            continue
        text = (
            field.default_text if values[name] is None else f"{field.show(values[name])} {field.unit}".strip()
        )
        is_set = hyper.is_set(name) and getattr(hyper, name) is not None
        rows.append(TableRow(field.group, field.label, text, is_set))
    return rows


def draw_table(ax: Axes, rows: Sequence[TableRow]) -> None:
    """Draw the rows below the heading of their group; what the person set stands out in blue."""
    ax.set_axis_off()
    fonts = find_fonts(row.value for row in rows)
    top, group = 0, None
    for place, row in enumerate(rows):
        if row.group != group:
            group = row.group
            ax.text(0.0, top + 0.55, group, fontsize=10, fontweight="bold", color=INK, va="center")
            ax.axhline(top + 1, color=LINE, linewidth=1.0)
            top += 1
        lines = _value_lines(row)
        if place % 2:
            ax.add_patch(Rectangle((0, top), 1, len(lines), facecolor=SHADE, edgecolor="none", zorder=0))
        ax.text(0.02, top + 0.5, row.label, fontsize=9, color=INK, va="center")
        for line in lines:
            color = BLUE if row.is_set else INK
            ax.text(0.46, top + 0.5, line, color=color, va="center", **fonts.text(9))
            top += 1
    ax.set_xlim(0, 1)
    ax.set_ylim(top, 0)


@register("hyper_params", "Hyperparameters", "hyper_params.png")
def table_figure(hyper: HyperParams, title: str = "Hyperparameters") -> Figure:
    """The table as a figure as high as its rows.

    Raises:
        ParamError: no such family.
    """
    rows = table_rows(hyper)
    lines = sum(len(_value_lines(row)) for row in rows) + len({row.group for row in rows})
    figure = new_figure(6.4, ROW_INCHES * (lines + 2.6))
    figure.suptitle(title, x=0.02, ha="left", fontsize=TITLE_SIZE, color=INK)
    draw_table(figure.subplots(), rows)
    if any(row.is_set for row in rows):
        figure.supxlabel("blue: set by you; others: defaults", fontsize=8, color=MUTED)
    return figure


def _value_lines(row: TableRow) -> list[str]:
    """The value in lines that fit the column; a list of layers is cut after the twelfth."""
    lines = wrapped(row.value, VALUE_WIDTH).split("\n")
    return lines if len(lines) <= MAX_LINES else [*lines[: MAX_LINES - 1], "…"]
