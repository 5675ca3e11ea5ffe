"""The coordinator, with trainers whose answers are made up."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.errors import Cancelled, ParamError, WorkerError
from convonet.events import Event, Progressed, TrialEnded, Warned, Watch
from convonet.params import SearchSpace
from convonet.runs.trials import FoldRow, TrialsFile
from convonet.tasks import TuneTask
from convonet.tuning.budget import Budget
from convonet.tuning.messages import EpochScored, FoldEnded, Message, TrainerDied
from convonet.tuning.net_tuning import NetTuning, TuneResult
from convonet.tuning.units import Trial, Unit

Make = Callable[..., TuneTask]
SPACE = {"init_rate": [0.3, 0.2, 0.1]}
SMOOTH = {"init_rate": {"low": 1e-4, "high": 1.0, "log": True}}


def _row(unit: Unit, trial: Trial, **values: Any) -> FoldRow:
    rate = trial.hyper.init_rate or 0.0
    score = 1 - abs(rate - 0.2) - 0.01 * unit.fold
    base: dict[str, Any] = {"accuracy": score, "loss": 1 - score, "score": score, "seconds": 1.0}
    return FoldRow(trial.number, unit.repeat, unit.fold, unit.hyper.seed, trial.values, **(base | values))


def _answer(unit: Unit) -> list[Message]:
    return [FoldEnded(_row(unit, trial)) for trial in unit.trials]


def _tune(task: TuneTask, path: Path, executor: Any, **options: Any) -> TuneResult:
    watch = options.pop("watch", Watch())
    return NetTuning(task, TrialsFile(path, task.space.varied), **options).run(executor, watch)


def _keys(path: Path, task: TuneTask) -> list[tuple[int, int, int]]:
    return [row.key for row in TrialsFile(path, task.space.varied).read()]


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_fold_is_given_out_once(task: Make, tmp_path: Path, made_executor: Any, jobs: int) -> None:
    events: list[Event] = []
    made, executor = task(SPACE, folds=2, repeats=2), made_executor(_answer, jobs)
    result = _tune(made, tmp_path / "t.csv", executor, watch=Watch(events.append))
    keys = [(trial, repeat, fold) for trial in (1, 2, 3) for repeat in (1, 2) for fold in (1, 2)]
    assert sorted(_keys(tmp_path / "t.csv", made)) == keys
    assert [s.trial for s in result.settings] == [2, 1, 3]
    assert sum(isinstance(event, TrialEnded) for event in events) == 12
    progress = [(event.done, event.total) for event in events if isinstance(event, Progressed)]
    assert progress[0] == (0, 12)
    assert progress[-1] == (12, 12)


@pytest.mark.parametrize("search", ["grid", "random", "tpe"])
@pytest.mark.parametrize("questions", [1, 2, 5])
def test_a_stopped_search_goes_on_with_what_is_left(
    task: Make,
    tmp_path: Path,
    made_executor: Any,
    search: str,
    questions: int,
    stopping: Callable[[int], Watch],
) -> None:
    made = task(SPACE if search == "grid" else SMOOTH, search=search, trials=3)
    path, first = tmp_path / "t.csv", made_executor(_answer)
    with pytest.raises(Cancelled):
        _tune(made, path, first, watch=stopping(questions))
    finished = _keys(path, made)
    assert len(finished) == questions
    second = made_executor(_answer)
    result = _tune(made, path, second)
    assert {key for unit in second.units for key in unit.keys()}.isdisjoint(finished)
    assert sorted(_keys(path, made)) == [(trial, 1, fold) for trial in (1, 2, 3) for fold in (1, 2)]
    whole = _tune(made, tmp_path / "whole.csv", made_executor(_answer))
    if search != "tpe":
        assert result == whole
    assert _tune(made, path, made_executor(_answer)) == result


def test_what_is_drawn_depends_on_the_seed_and_the_number_alone(
    task: Make, tmp_path: Path, made_executor: Any
) -> None:
    def rates(name: str, **options: Any) -> list[Any]:
        made = task(SMOOTH, search="random", folds=1, **options)
        result = _tune(made, tmp_path / name, made_executor(_answer, options.get("jobs", 1)))
        return [s.params["init_rate"] for s in sorted(result.settings, key=lambda s: s.trial)]

    four = rates("a", trials=4)
    assert rates("b", trials=6, jobs=3)[:4] == four
    assert rates("c", trials=4, seed=1) != four
    assert all(1e-4 <= rate <= 1 for rate in four)


@pytest.mark.parametrize("seed", range(3))
def test_tpe_draws_better_settings_once_it_has_learnt(
    task: Make, tmp_path: Path, made_executor: Any, seed: int
) -> None:
    def later(search: str) -> float:
        made = task(SMOOTH, search=search, folds=1, trials=25, seed=seed)
        result = _tune(made, tmp_path / search, made_executor(_answer))
        return sum(s.mean_score or 0 for s in result.settings if s.trial > 10) / 15

    assert later("tpe") > later("random")


def test_the_number_of_layers_decides_which_layers_are_drawn(
    task: Make, tmp_path: Path, made_executor: Any
) -> None:
    space = {
        "family": "dense",
        "hidden_units": {"length": [1, 3], "each": [8, 16]},
        "optimizer": ["sgd", "adam"],
        "momentum": {"low": 0.1, "high": 0.9, "when": {"optimizer": "sgd"}},
    }
    made = task(space, search="tpe", folds=1, trials=20)
    settings = _tune(made, tmp_path / "t.csv", made_executor(_answer)).settings
    assert {len(s.params["hidden_units"]) for s in settings} == {1, 2, 3}
    assert all(("momentum" in s.params) == (s.params["optimizer"] == "sgd") for s in settings)
    assert {s.params["optimizer"] for s in settings} == {"sgd", "adam"}


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_a_poor_setting_is_ended_early_and_its_other_folds_are_not_trained(
    task: Make, tmp_path: Path, made_executor: Any, pruner: str
) -> None:
    reports: list[tuple[int, int, float]] = []

    def answer(unit: Unit) -> list[Message]:
        trial = unit.trials[0]
        poor = trial.number > 8
        scores = [EpochScored(unit.keys()[-1], epoch, 0.1 if poor else 0.9) for epoch in (1, 2, 3, 4)]
        state = {"state": "pruned", "score": None} if poor else {"score": 0.9}
        return [*scores, FoldEnded(_row(unit, trial, **state))]

    made = task(SMOOTH | {"epochs": 4}, search="random", folds=3, trials=12, pruner=pruner)
    executor = made_executor(answer)
    options = {"on_report": lambda *report: reports.append(report)}
    result = _tune(made, tmp_path / "t.csv", executor, **options)
    states = {s.trial: (s.state, s.folds) for s in result.settings}
    assert [states[trial] for trial in (1, 8, 9, 12)] == [
        ("done", 3),
        ("done", 3),
        ("pruned", 0),
        ("pruned", 0),
    ]
    assert {trial for trial, _, _ in executor.pruned} >= {9, 10}
    assert (1, 4, 0.9) in reports


def test_a_setting_that_fails_is_recorded_and_larger_ones_are_not_tried(
    task: Make, tmp_path: Path, made_executor: Any
) -> None:
    def answer(unit: Unit) -> list[Message]:
        if unit.hyper.num_units == 1000:
            return [FoldEnded(_row(unit, unit.trials[0], state="failed", reason="too large"), memory=True)]
        return _answer(unit)

    events: list[Event] = []
    made, executor = task({"num_units": [8, 1000, 2000]}), made_executor(answer)
    result = _tune(made, tmp_path / "t.csv", executor, watch=Watch(events.append))
    assert [(s.trial, s.state, s.folds) for s in result.settings] == [
        (1, "done", 2),
        (2, "failed", 0),
        (3, "failed", 0),
    ]
    assert "trial 2" in result.settings[2].reason
    assert len(executor.units) == 3
    assert next(e.message for e in events if isinstance(e, Warned)).startswith("Trial 2 failed")
    again = made_executor(answer)
    assert _tune(made, tmp_path / "t.csv", again) == result
    assert again.units == []


@pytest.mark.parametrize(
    ("cause", "deaths", "states"),
    [
        ("memory", 1, ["done", "done", "done"]),
        ("memory", 2, ["done", "done", "failed"]),
        ("lost", 5, ["done", "done", "done"]),
    ],
)
def test_a_unit_whose_trainer_died_is_trained_again_and_fails_where_its_memory_kills_twice(
    task: Make, tmp_path: Path, made_executor: Any, cause: Any, deaths: int, states: list[str]
) -> None:
    died = []

    def answer(unit: Unit) -> list[Message]:
        if unit.hyper.num_units == 64 and len(died) < deaths:
            died.append(unit)
            return [TrainerDied(unit.keys()[-1], "gone", cause)]
        return _answer(unit)

    result = _tune(task({"num_units": [8, 64, 32]}), tmp_path / "t.csv", made_executor(answer))
    assert [s.state for s in result.settings] == states


def test_a_fault_of_the_software_ends_the_search(task: Make, tmp_path: Path, made_executor: Any) -> None:
    executor = made_executor(lambda unit: [TrainerDied(unit.keys()[-1], "code 1", "fault")])
    with pytest.raises(WorkerError, match="code 1"):
        _tune(task(SPACE), tmp_path / "t.csv", executor)
    assert _keys(tmp_path / "t.csv", task(SPACE)) == []


@pytest.mark.parametrize(
    ("budget", "rows", "reason"),
    [
        ({"deadline": 0.0}, 0, "the time limit was reached"),
        ({"disk": 0}, 1, "the disk limit was reached"),
        ({"disk": 10**6, "deadline": math.inf}, 6, ""),
    ],
)
def test_the_search_ends_when_its_budget_is_spent(
    task: Make, tmp_path: Path, made_executor: Any, budget: dict[str, Any], rows: int, reason: str
) -> None:
    made = task(SPACE)
    given = Budget(folder=tmp_path, **budget)
    result = _tune(made, tmp_path / "t.csv", made_executor(_answer), budget=given)
    assert (len(_keys(tmp_path / "t.csv", made)), result.stopped) == (rows, reason)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"search": "gird"}, "grid"),
        ({"objective": "acc"}, "objective"),
        ({"folds": 0}, "folds"),
        ({"pruner": "median"}, "pruner"),
        ({"time_limit": -1.0}, "time_limit"),
        ({"disk_limit": 0}, "disk_limit"),
    ],
)
def test_faults_of_a_search_are_named(task: Make, options: dict[str, Any], named: str) -> None:
    with pytest.raises(ParamError, match=named):
        task(SPACE, **options)


def test_only_tunable_parameters_are_searched_and_a_grid_needs_values(task: Make) -> None:
    with pytest.raises(ParamError, match="stop_patience"):
        task({"stop_patience": [1, 2]})
    with pytest.raises(ParamError, match="init_rate"):
        _ = task(SMOOTH).planned_trials
    assert SearchSpace.of({"init_rate": {"low": 0.1, "high": 0.3, "step": 0.1}}).size() == 3
