from __future__ import annotations

from collections.abc import Callable

import pytest
from matplotlib.figure import Figure

from convonet.errors import ParamError
from convonet.params.families import FAMILIES
from convonet.params.hyper_params import HyperParams
from convonet.plots.figures import new_figure
from convonet.plots.hyper_table import TableRow, draw_table, table_figure, table_rows

Clipped = Callable[[Figure], list[str]]
DIGITS = {
    "init_rate": 0.01,
    "decay_steps": 400,
    "decay_rate": 0.9,
    "kernel_size": 5,
    "num_filters": 50,
    "num_units": 700,
    "momentum": 0.9,
    "drop_out": 0.2,
    "epochs": 5,
    "batch_size": 80,
}


def shown(**values: object) -> dict[str, tuple[str, bool]]:
    return {row.label: (row.value, row.is_set) for row in table_rows(HyperParams.of(values))}


def test_values_of_the_person_and_defaults_are_told_apart() -> None:
    got = shown(**DIGITS)
    assert got["Learning rate"] == ("0.01", True)
    assert got["Filters"] == ("50", True)
    assert got["Kernel size"] == ("5 pixels", True)
    assert got["Batch size"] == ("80 images", True)
    assert got["Activation"] == ("relu", False)
    assert got["Seed"] == ("0", False)


@pytest.mark.parametrize(
    ("values", "label", "value"),
    [
        ({}, "Learning rate", "0.02"),
        ({"optimizer": "adam"}, "Learning rate", "0.001"),
        ({}, "Schedule", "exponential"),
        ({"optimizer": "adam"}, "Schedule", "constant"),
        ({}, "Early stopping patience", "never"),
        ({"family": "dense", "hidden_units": [128, 64]}, "Hidden layers", "128-64"),
    ],
)
def test_what_is_used_is_shown(values: dict[str, object], label: str, value: str) -> None:
    assert shown(**values)[label][0] == value


@pytest.mark.parametrize(
    ("values", "absent", "present"),
    [
        ({"optimizer": "adam"}, {"Momentum", "Decay steps", "Decay rate"}, {"Optimizer"}),
        ({"optimizer": "adam", "decay_steps": 10}, {"Momentum"}, {"Decay steps"}),
        ({}, {"Early stopping metric", "Minimum improvement", "Hidden layers"}, {"Momentum", "Decay steps"}),
        ({"stop_patience": 3}, set(), {"Early stopping metric", "Minimum improvement"}),
        ({"family": "logistic", "num_filters": 9}, {"Filters", "Kernel size", "Dropout"}, {"Network"}),
    ],
)
def test_what_is_not_used_is_left_out(values: dict[str, object], absent: set[str], present: set[str]) -> None:
    labels = set(shown(**values))
    assert not labels & absent
    assert present <= labels


def test_rows_of_a_group_stand_together() -> None:
    groups = [row.group for row in table_rows(HyperParams())]
    assert groups == sorted(groups, key=groups.index)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ParamError, match="did you mean convonet"):
        table_rows(HyperParams.of({"family": "convonett"}))


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("values", [{}, DIGITS | {"stop_patience": 4}], ids=["defaults", "digits"])
def test_the_figure_holds_every_row_and_nothing_is_cut(
    clipped: Clipped, family: str, values: dict[str, object]
) -> None:
    hyper = HyperParams.of(values | {"family": family})
    figure = table_figure(hyper)
    rows: list[TableRow] = table_rows(hyper)
    texts = [text.get_text() for text in figure.axes[0].texts]

    assert all(row.label in texts for row in rows)
    assert all(row.value in texts for row in rows if len(row.value) <= 48)
    assert clipped(figure) == []


def test_a_value_of_many_words_takes_several_lines(clipped: Clipped) -> None:
    rows = [TableRow("Network", "Layers", "word " * 30, True), TableRow("Network", "Units", "5", False)]
    ax = new_figure(6.4, 3.0).subplots()
    draw_table(ax, rows)
    heights = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert heights["Units"] == heights["5"] == heights["Layers"] + 4
    assert clipped(ax.get_figure()) == []

    ax = new_figure(6.4, 3.0).subplots()
    draw_table(ax, [TableRow("Network", "Layers", "word " * 1000, True)])
    assert [text.get_text() for text in ax.texts][-1] == "…"


def test_a_long_value_is_shortened(clipped: Clipped) -> None:
    hyper = HyperParams.of({"family": "dense", "hidden_units": list(range(100, 160))})
    figure = table_figure(hyper)
    assert any("…" in text.get_text() for text in figure.axes[0].texts)
    assert clipped(figure) == []
