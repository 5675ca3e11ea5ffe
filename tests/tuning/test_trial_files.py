"""`trials.csv` and the table that is made from it."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from convonet.metrics import is_tied, t_point
from convonet.runs.trial_table import best_hyper, best_of, results_text, settings_of
from convonet.runs.trials import FoldRow, TrialsFile
from convonet.tasks import TuneTask

Make = Callable[..., TuneTask]
SPACE = {"init_rate": [0.1, 0.02], "hidden_units": [[8], [8, 4]], "activation": ["relu", "tanh"]}


def _row(trial: int, fold: int, accuracy: float | None, **values: Any) -> FoldRow:
    base: dict[str, Any] = {
        "values": {"init_rate": trial / 10},
        "loss": 1.0,
        "seconds": 2.0,
        "score": accuracy,
    }
    return FoldRow(trial, 1, fold, 0, accuracy=accuracy, **(base | values))


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    file = TrialsFile(tmp_path / "trials.csv", list(SPACE))
    values = {"init_rate": 0.1 + 0.2, "hidden_units": (8, 4), "activation": "tanh"}
    rows = [
        FoldRow(1, 1, 2, 99, values, "done", 1 / 3, 2 / 3, 0.1, 1e-17, 12.5, 1 / 3, 4),
        FoldRow(2, 1, 1, 0, {"init_rate": 0.02}, "failed", reason='two\nlines, and a "quote"'),
    ]
    for row in rows:
        file.append(row)
    read = file.read()
    assert read[0] == rows[0]
    assert read[1].reason == 'two lines, and a "quote"'
    assert (read[1].accuracy, read[1].values) == (None, {"init_rate": 0.02})
    lines = (tmp_path / "trials.csv").read_text().splitlines()
    assert lines[0].startswith("trial,repeat,seed,init_rate,hidden_units,activation,fold,state,accuracy,loss")
    assert len(lines) == 3


@pytest.mark.parametrize("cut", [1, 5, 25])
def test_a_torn_last_line_is_left_out_and_taken_away(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "trials.csv"
    file = TrialsFile(path, ["init_rate"])
    file.append(_row(1, 1, 0.5))
    file.append(_row(1, 2, 0.6))
    path.write_bytes(path.read_bytes()[:-cut])
    assert [row.fold for row in file.read()] == [1]
    file.cut_torn()
    file.append(_row(1, 2, 0.7))
    assert [row.accuracy for row in file.read()] == [0.5, 0.7]


def test_the_table_has_the_best_first_and_the_unfinished_last(task: Make) -> None:
    rows = [
        _row(1, 1, 0.5),
        _row(1, 2, 0.6),
        _row(2, 1, 0.8),
        _row(2, 2, 0.9),
        _row(3, 1, 0.99),
        _row(4, 1, None, state="failed", reason="too large", loss=None),
    ]
    settings = settings_of(rows, task(SPACE))
    assert [(s.trial, s.state) for s in settings] == [(2, "done"), (1, "done"), (3, "partial"), (4, "failed")]
    best = settings[0]
    assert best.mean_accuracy == pytest.approx(np.mean([0.8, 0.9]))
    assert best.std == pytest.approx(np.std([0.8, 0.9]))
    assert best_of(settings) is best
    assert best_of(settings[2:]) is None
    by_loss = settings_of(
        [_row(1, 1, 0.9, score=2.0), _row(2, 1, 0.1, score=1.0)], task(objective="loss", folds=1)
    )
    assert [s.trial for s in by_loss] == [2, 1]


def test_the_order_in_which_folds_end_changes_nothing(task: Make) -> None:
    rows = [_row(trial, fold, s, seconds=s) for trial in (1, 2) for fold, s in enumerate((0.1, 0.2, 0.3), 1)]
    made = task(SPACE, folds=3)
    assert len({np.mean([row.accuracy for row in order]) for order in itertools.permutations(rows[:3])}) > 1
    wanted = settings_of(rows, made)
    assert all(settings_of(order, made) == wanted for order in itertools.permutations(rows))


def test_results_are_in_percent_with_a_column_for_each_varied_name(task: Make) -> None:
    rows = [_row(1, 1, 0.5), _row(1, 2, 0.75), _row(2, 1, None, state="failed", loss=float("nan"))]
    text = results_text(settings_of(rows, task({"init_rate": [0.1, 0.2]})), ["init_rate"])
    read = list(csv.DictReader(io.StringIO(text)))
    assert list(read[0])[:3] == ["init_rate", "mean_accuracy", "std"]
    assert [row["init_rate"] for row in read] == ["0.1", "0.2"]
    assert (float(read[0]["mean_accuracy"]), float(read[0]["std"])) == (62.5, 12.5)
    assert read[1]["mean_accuracy"] == ""


def test_the_best_row_becomes_hyper_parameters_with_its_seed(task: Make) -> None:
    made = task(SPACE)
    row = FoldRow(
        1, 1, 1, 42, {"init_rate": 0.02, "hidden_units": (8, 4), "activation": "tanh"}, accuracy=1.0
    )
    hyper = best_hyper(made, settings_of([row], made)[0])
    assert (hyper.init_rate, hyper.hidden_units, hyper.activation) == (0.02, (8, 4), "tanh")
    assert (hyper.num_filters, hyper.seed) == (4, 42)


def test_ties_are_paired_over_folds(task: Make) -> None:
    noisy = [0.70, 0.80, 0.90]
    better = [value + 0.05 + shift for value, shift in zip(noisy, (0.001, 0.0, -0.001), strict=True)]
    unsure = [0.75, 0.79, 0.84]
    rows = [
        _row(trial, fold, score)
        for trial, scores in ((1, better), (2, noisy), (3, unsure))
        for fold, score in enumerate(scores, 1)
    ]
    tied = {s.trial: s.tied for s in settings_of(rows, task(folds=3))}
    assert tied == {1: None, 2: False, 3: True}


def test_the_paired_test_is_nadeau_and_bengios() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        first = rng.normal(size=5)
        second = first + rng.normal(0.6, 0.4, 5)
        difference = first - second
        error = np.sqrt((1 / 5 + 1 / 4) * difference.var(ddof=1))
        p = 2 * stats.t.sf(abs(difference.mean() / error), 4)
        assert is_tied(first, second, 1 / 4) is bool(p >= 0.05)
    assert is_tied([1.0], [2.0], 0.5) is None
    assert is_tied([1.0, 2.0], [1.0, 2.0], 0.5) is True


def test_points_of_students_t_agree_with_scipy() -> None:
    for freedom in [*range(1, 40), 100, 1000]:
        assert t_point(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-3)
