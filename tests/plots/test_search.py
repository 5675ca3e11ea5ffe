"""The plots of a search: their numbers, and that they can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from convonet.documents.search import Setting
from convonet.metrics import main_effects
from convonet.plots import PLOTS
from convonet.plots.search import SearchTable, front_of, importance_of, parallel_axes, search_table

Clipped = Callable[[Figure], list[str]]
NAMES = ("epochs", "init_rate", "num_filters", "num_units")
# Mean accuracies in percent of a grid on handwritten digits, in the order of NAMES, the last fastest.
GRID = (97.58, 97.74, 97.73, 97.81, 97.23, 97.32, 97.64, 97.61)
GRID += (98.03, 98.17, 98.21, 98.19, 97.85, 97.72, 97.96, 97.81)
VALUES = tuple(
    (epochs, rate, filters, units)
    for epochs in (5, 10)
    for rate in (0.02, 0.01)
    for filters in (32, 50)
    for units in (512, 700)
)


def _table(
    values: Sequence[tuple[Any, ...]] = VALUES,
    scores: Sequence[float] = GRID,
    names: tuple[str, ...] = NAMES,
    objective: str = "accuracy",
) -> SearchTable:
    count = len(scores)
    seconds = tuple(float(place % 5 + 1) for place in range(count))
    return SearchTable(
        objective, names, tuple(range(1, count + 1)), tuple(values), tuple(scores), (0.1,) * count, seconds
    )


def test_importance_finds_the_order_of_the_effects() -> None:
    shares = importance_of(_table())
    assert list(shares) == list(NAMES)
    assert shares["epochs"] > shares["init_rate"] > shares["num_filters"] > shares["num_units"]
    # Also where chance explains as much and the columns come in another order.
    columns = {name: [row[place] for row in VALUES] for place, name in enumerate(NAMES)}
    assert list(main_effects(dict(reversed(columns.items())), GRID)) == list(NAMES)


def test_the_share_is_that_of_an_analysis_of_variance() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat([1, 2, 3], 20)
    scores = groups * 0.5 + rng.normal(size=60)
    f = stats.f_oneway(*(scores[groups == group] for group in (1, 2, 3))).statistic
    expected = 2 * (f - 1) / (2 * f + 57)
    assert main_effects({"a": groups.tolist()}, scores)["a"] == pytest.approx(expected)


def test_many_numbers_are_grouped_and_noise_explains_nothing() -> None:
    rng = np.random.default_rng(1)
    rates, noise = rng.uniform(size=200), rng.uniform(size=200)
    shares = main_effects(
        {"noise": noise.tolist(), "rate": rates.tolist()}, rates + 0.1 * rng.normal(size=200)
    )
    assert list(shares) == ["rate", "noise"]
    assert shares["rate"] > 0.8
    assert shares["noise"] < 0.05
    assert main_effects({"a": [1, 2, 3]}, [1.0, 1.0, 1.0]) == {"a": 0.0}


def test_numbers_keep_their_distances_and_rates_their_ratios() -> None:
    values = [(2, 0.001, "relu", (8,)), (4, 0.01, "tanh", (8, 4)), (10, 0.1, None, (8,))]
    axes = parallel_axes(_table(values, [1, 2, 3], ("epochs", "init_rate", "activation", "hidden_units")))
    assert axes.positions[:, 0].tolist() == [0, 0.25, 1]
    assert axes.positions[:, 1] == pytest.approx([0, 0.5, 1])
    assert axes.positions[:2, 2].tolist() == [0.25, 0.75]
    assert np.isnan(axes.positions[2, 2])
    assert [text for _, text in axes.ticks[3]] == ["8", "8-4"]


def test_the_front_is_what_nothing_beats() -> None:
    table = _table([(1,)] * 4, [0.5, 0.9, 0.8, 0.9], ("epochs",))._replace(seconds=(1.0, 3.0, 2.0, 4.0))
    assert front_of(table) == [0, 2, 1]
    assert front_of(table._replace(objective="loss")) == [0]
    assert (table.best, table._replace(objective="loss").best) == (1, 0)


def test_only_finished_settings_are_drawn_in_the_order_of_their_trials() -> None:
    def setting(trial: int, state: Any) -> Setting:
        numbers = {"mean_accuracy": 0.5, "std": 0.1, "mean_loss": 1.0, "mean_score": 0.5, "std_score": 0.1}
        of = {"trial": trial, "seed": 0, "params": {"epochs": trial}, "state": state, "folds": 3}
        return Setting.of(of | numbers | {"seconds": 2.0, "epochs_trained": 3})

    table = search_table(
        [setting(3, "done"), setting(1, "done"), setting(2, "partial")], ["epochs"], "accuracy"
    )
    assert (table.trials, table.values) == ((1, 3), ((1,), (3,)))


TABLES = {
    "grid": _table(),
    "two": _table([(1,), (2,)], [0.1, 0.2], ("epochs",)),
    "equal": _table([(1,), (2,)], [0.2, 0.2], ("epochs",), "macro_f1"),
    "missing": _table(
        [(0.1, None), (0.2, "sgd"), (0.4, "adam")], [3, 2, 1], ("momentum", "optimizer"), "loss"
    ),
    "many": _table(
        [(i / 50, 2**i) for i in range(1, 50)], np.linspace(0, 1, 49), ("init_rate", "num_units"), "auc"
    ),
}


@pytest.mark.parametrize("name", ["importance", "parallel", "search_history", "search_cost"])
@pytest.mark.parametrize("table", TABLES)
def test_every_table_can_be_drawn(name: str, table: str, clipped: Clipped) -> None:
    assert clipped(PLOTS[name].draw(TABLES[table])) == []
