"""`tune` and `adopt` as a person starts them, stopped and killed at any moment."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from convonet.events import TrialEnded
from convonet.params import load_hyper
from convonet.runs import Run

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet, home_in, start

SETTINGS = {
    "init_rate": "0.02,0.01",
    "epochs": "2,3",
    "num_filters": "4",
    "num_units": "8",
    "batch_size": "16",
}


def _arguments(digits: Path, parent: Path, name: str, *more: object) -> list[object]:
    settings = [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={value}")]
    images = ["--train-dir", digits / "train", "--image-size", 8, "--images", 300]
    return ["tune", *images, *settings, "--out", parent, "--name", name, "--json", *more]


def _table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def _rows(run: Path) -> list[tuple[str, ...]]:
    """Everything of `trials.csv` but the order and the seconds; each fold must stand there once."""
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in _table(run / "trials.csv")]
    keys = [(row["trial"], row["repeat"], row["fold"]) for row in rows]
    assert len(set(keys)) == len(keys)
    return sorted(tuple(row.values()) for row in rows)


def _wait_for_folds(run_path: Path, count: int, seconds: float = 240) -> Run:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (run_path / "run.json").exists():
            run = Run.open(run_path)
            if sum(isinstance(e.event, TrialEnded) for e in run.events().read()[0]) >= count:
                return run
        time.sleep(0.01)
    raise AssertionError("the folds never came")


def _wait_until(true: Callable[[], bool], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def whole(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The undisturbed search and what it printed."""
    parent = tmp_path_factory.mktemp("whole")
    with start(_arguments(digits, parent, "run"), env=home_in(parent)) as process:
        out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return parent / "run", json.loads(out)


def test_the_document_and_the_tables_are_the_contracts(whole: tuple[Path, dict[str, Any]]) -> None:
    run, said = whole
    assert (said["run"], said["state"], said["trials"]) == (str(run), "done", 4)
    assert len(_rows(run)) == 12
    head = (run / "trials.csv").read_text().splitlines()[0].split(",")
    names = ["fold", "state", "accuracy", "loss", "train_accuracy", "train_loss", "seconds"]
    assert head[:12] == ["trial", "repeat", "seed", "init_rate", "epochs", *names]
    best = said["best"]
    assert best == max(said["results"], key=lambda row: row["mean_accuracy"])
    assert {"params", "mean_accuracy", "std"} <= set(best)
    results = _table(run / "results.csv")
    assert float(results[0]["mean_accuracy"]) == pytest.approx(100 * best["mean_accuracy"])
    assert {"init_rate": float(results[0]["init_rate"]), "epochs": int(results[0]["epochs"])} == best[
        "params"
    ]
    for name in ("importance", "parallel_coordinates", "search_history", "accuracy_and_seconds"):
        assert (run / f"{name}.png").stat().st_size > 1000


def test_the_best_row_is_taken_over(
    whole: tuple[Path, dict[str, Any]], tmp_path: Path, convonet: Convonet
) -> None:
    run, said = whole
    file = tmp_path / "best.json"
    assert convonet("adopt", run, file).code == 0
    written = json.loads(file.read_text())
    assert written["init_rate"] == [said["best"]["params"]["init_rate"]]
    assert written["num_units"] == [8]
    assert load_hyper(file) == load_hyper(run / "best_hyper.json")
    other = convonet("adopt", run, file, "--trial", "99")
    assert other.code == 2
    assert "no such trial" in other.err


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["both", "worker"])
def test_a_killed_search_goes_on_and_repeats_no_finished_fold(
    digits: Path, tmp_path: Path, whole: tuple[Path, dict[str, Any]], convonet: Convonet, victim: str
) -> None:
    with start(_arguments(digits, tmp_path, "run"), start_new_session=True) as process:
        run = _wait_for_folds(tmp_path / "run", 4)
        if victim == "both":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            psutil.Process(run.read()["process"]).kill()
        process.communicate(timeout=240)
    _wait_until(lambda: not run.is_locked())
    assert run.state() == ("interrupted" if victim == "both" else "failed")
    before = _rows(run.path)
    assert 4 <= len(before) < 12
    said = convonet("resume", run.path, "--json")
    assert said.code == 0, said.err
    assert set(before) <= set(_rows(run.path))
    assert _rows(run.path) == _rows(whole[0])
    rows = {row["trial"]: (row["mean_accuracy"], row["mean_loss"]) for row in said.json()["results"]}
    assert rows == {row["trial"]: (row["mean_accuracy"], row["mean_loss"]) for row in whole[1]["results"]}
    again = convonet("resume", run.path, "--json")
    assert (again.code, again.json()["results"]) == (0, said.json()["results"])


@pytest.mark.slow
def test_stop_gives_the_partial_table_and_resume_the_rest(
    digits: Path, tmp_path: Path, whole: tuple[Path, dict[str, Any]], convonet: Convonet
) -> None:
    with start(_arguments(digits, tmp_path, "run", "--jobs", 1)) as process:
        run = _wait_for_folds(tmp_path / "run", 2)
        # Not by a command, which needs a second to start: the folds would be over by then.
        run.request_cancel()
        out, err = process.communicate(timeout=240)
    assert (process.returncode, run.state()) == (130, "cancelled"), err
    document = json.loads(out)
    assert document["state"] == "cancelled"
    partial = _table(run.path / "results.csv")
    assert sum(int(row["folds"]) for row in partial) == len(_rows(run.path)) < 12
    assert {row["state"] for row in partial} <= {"done", "partial"}
    said = convonet("resume", run.path, "--json")
    assert said.code == 0, said.err
    assert _rows(run.path) == _rows(whole[0])


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--search", "gird"], "grid"),
        (["--set", "epoch=1,2"], "epochs"),
        (["--set", "init_rate=1e-4..1e-2:log"], "random"),
        (["--folds", "0"], "folds"),
        (["--images", "few"], "all"),
        (["--set", "stop_patience=2,3"], "stop_patience"),
    ],
)
def test_a_wrong_search_is_refused_before_anything_is_made(
    digits: Path, tmp_path: Path, convonet: Convonet, more: list[str], named: str
) -> None:
    said = convonet(*_arguments(digits, tmp_path, "run", *more))
    assert said.code == 2
    assert named in said.err
    assert not (tmp_path / "run").exists()


def test_a_time_limit_ends_the_search_with_what_there_is(
    digits: Path, tmp_path: Path, convonet: Convonet
) -> None:
    said = convonet(*_arguments(digits, tmp_path, "run", "--time-limit", "0.001"))
    assert said.code == 0, said.err
    assert said.json()["stopped"] == "the time limit was reached"
    assert said.json()["best"] is None
    refused = convonet("adopt", tmp_path / "run", tmp_path / "best.json")
    assert refused.code == 2
    assert "No trial" in refused.err
