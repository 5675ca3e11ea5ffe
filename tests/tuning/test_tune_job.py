"""Whole searches in run folders, with real trainers."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from convonet import api
from convonet.errors import InputError, TrainingError
from convonet.events import Event, TrialEnded
from convonet.jobs import job_for
from convonet.jobs.runner import execute
from convonet.launch.resume import prepare_resume
from convonet.params import load_hyper
from convonet.runs import Run
from convonet.runs.documents import adopted_hyper
from convonet.runs.trials import FoldRow, TrialsFile

BASE = {"num_filters": 4, "num_units": 8, "batch_size": 8}


def _tune(pictures: Path, out: Path, space: dict[str, Any], **options: Any) -> api.TunedRun:
    data = {"train_dir": str(pictures), "image_size": 8}
    return api.tune(data, BASE | space, out=out, **({"folds": 2, "jobs": 1} | options))


def _rows(run: api.TunedRun) -> list[tuple[Any, ...]]:
    """Everything of `trials.csv` but the order and the seconds."""
    task: Any = Run.open(run.path).task()
    rows = sorted(TrialsFile(run.path / "trials.csv", task.space.varied).read(), key=lambda row: row.key)
    return [_numbers(row) for row in rows]


def _numbers(row: FoldRow) -> tuple[Any, ...]:
    return (*row.key, row.seed, row.state, row.accuracy, row.loss, row.train_loss, row.score)


def _table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.fixture(scope="module")
def grid(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> api.TunedRun:
    """A finished grid."""
    out = tmp_path_factory.mktemp("grid")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(tmp_path_factory.mktemp("home")))
        return _tune(pictures, out, {"init_rate": [0.02, 0.01], "epochs": [1, 2]}, name="run")


def test_a_grid_leaves_its_tables(grid: api.TunedRun) -> None:
    assert grid.state == "done"
    trials = _table(grid.path / "trials.csv")
    assert len(trials) == 8
    results = _table(grid.path / "results.csv")
    assert list(results[0])[:4] == ["init_rate", "epochs", "mean_accuracy", "std"]
    means = [float(row["mean_accuracy"]) for row in results]
    assert means == sorted(means, reverse=True)
    own = [float(row["accuracy"]) for row in trials if row["trial"] == results[0]["trial"]]
    assert means[0] == pytest.approx(100 * sum(own) / 2)
    document = json.loads((grid.path / "result.json").read_text())
    assert document["best"] == document["results"][0] == grid.best
    assert document["best"]["mean_accuracy"] == pytest.approx(means[0] / 100)
    assert set(document["best"]["params"]) == {"init_rate", "epochs"}
    assert (
        load_hyper(grid.path / "best_hyper.json").first() == grid.best_hyper == adopted_hyper(Run(grid.path))
    )


def test_sharing_and_jobs_change_no_digit(pictures: Path, tmp_path: Path, grid: api.TunedRun) -> None:
    both = _tune(pictures, tmp_path, {"init_rate": [0.02, 0.01], "epochs": [1, 2]}, jobs=2)
    assert _rows(both) == _rows(grid)
    alone = _tune(pictures, tmp_path, {"init_rate": [0.02, 0.01], "epochs": 1})
    expected = [row[1:] for row in _rows(grid) if row[0] in (1, 3)]
    assert [row[1:] for row in _rows(alone)] == expected


def test_the_winner_is_rebuilt_from_its_record(grid: api.TunedRun) -> None:
    assert grid.best is not None
    trial = grid.best["trial"]
    for fold in (1, 2):
        again = grid.retrain(trial, fold)
        assert [_numbers(again)] == [row for row in _rows(grid) if row[:3] == (trial, 1, fold)]
    with pytest.raises(InputError, match="no such trial"):
        grid.retrain(99)


def test_one_fold_is_the_split_of_a_single_training(pictures: Path, tmp_path: Path) -> None:
    """So the winner, trained with `train`, has the same validation loss."""
    options = {"search": "random", "trials": 2, "folds": 1, "objective": "loss"}
    found = _tune(pictures, tmp_path, {"init_rate": {"low": 0.01, "high": 0.1}, "epochs": 2}, **options)
    assert found.best is not None
    data = {"train_dir": str(pictures), "image_size": 8}
    trained = api.train(data, found.best_hyper, out=tmp_path, threads=1)
    assert trained.history["val_loss"][-1] == found.best["mean_loss"]


def test_every_fold_is_told_and_progress_reaches_its_end(pictures: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    _tune(pictures, tmp_path, {"epochs": [1, 2]}, repeats=2, listen=events.append)
    ended = [event for event in events if isinstance(event, TrialEnded)]
    assert sorted((event.trial, event.fold) for event in ended) == [
        (t, f) for t in (1, 2) for f in (1, 2, 3, 4)
    ]


def test_stop_leaves_the_partial_table_and_resume_does_the_rest(
    pictures: Path, tmp_path: Path, grid: api.TunedRun
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, TrialEnded):
            Run(tmp_path / "run").request_cancel()

    space = {"init_rate": [0.02, 0.01], "epochs": [1, 2]}
    found = _tune(pictures, tmp_path, space, name="run", listen=stop)
    assert found.state == "cancelled"
    before = _rows(found)
    assert 0 < len(before) < 8
    assert sum(int(row["folds"]) for row in _table(found.path / "results.csv")) == len(before)
    run = Run.open(found.path)
    assert prepare_resume(run)
    run.clear_cancel()
    execute(run, job_for(run.task()), process=os.getpid())
    assert run.state() == "done"
    assert _rows(found) == _rows(grid)


def test_a_search_without_any_result_fails_with_the_reason(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="too small"):
        _tune(pictures, tmp_path, {"kernel_size": [31], "padding": "valid", "epochs": [1, 2]})


def test_images_beyond_the_disk_limit_are_refused_before_they_are_read(
    pictures: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="disk limit"):
        _tune(pictures, tmp_path, {"epochs": [1, 2]}, disk_limit=60 * 8 * 8 - 1, name="run")
    assert not (tmp_path / "run" / "trials.csv").exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL")
def test_a_trainer_that_is_killed_costs_nothing_but_time(
    pictures: Path, tmp_path: Path, grid: api.TunedRun
) -> None:
    killed: list[int] = []

    def kill_one(event: Event) -> None:
        if isinstance(event, TrialEnded) and not killed:
            trainers = [p for p in psutil.Process().children(recursive=True) if not p.children()]
            victim = max(trainers, key=lambda process: process.create_time())
            killed.append(victim.pid)
            victim.kill()

    found = _tune(pictures, tmp_path, {"init_rate": [0.02, 0.01], "epochs": [1, 2]}, jobs=2, listen=kill_one)
    assert killed
    assert _rows(found) == _rows(grid)


def test_no_trainer_is_left_behind(grid: api.TunedRun) -> None:
    left = [p for p in psutil.Process().children(recursive=True) if "trainer" in " ".join(p.cmdline())]
    assert not left


def test_only_searches_have_rows_to_take_over(pictures: Path, tmp_path: Path) -> None:
    data = {"train_dir": str(pictures), "image_size": 8}
    trained = api.train(data, BASE | {"epochs": 1}, recipe="none", out=tmp_path, threads=1)
    with pytest.raises(InputError, match="Only a search"):
        adopted_hyper(Run.open(trained.path))
