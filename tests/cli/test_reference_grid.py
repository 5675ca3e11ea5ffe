"""The reference application's grid, disturbed as a long search is: stopped, resumed, killed, resumed."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from convonet.runs import Run

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet, start

pytestmark = [pytest.mark.slow, pytest.mark.data, pytest.mark.timeout(1800)]

HYPER = {
    "init_rate": [0.02, 0.01],
    "decay_steps": 400,
    "decay_rate": 0.9,
    "kernel_size": 3,
    "num_filters": [32, 50],
    "num_units": [512, 700],
    "momentum": 0.9,
    "drop_out": 0.2,
    "epochs": [5, 10],
    "batch_size": [64, 80],
}
VARIED = ("init_rate", "num_filters", "num_units", "epochs", "batch_size")
KEYS = list(itertools.product(range(1, 33), [1], [1, 2, 3]))


def _keys(run: Path) -> list[tuple[int, ...]]:
    """Trial, repeat and fold of each finished row."""
    if not (run / "trials.csv").exists():
        return []
    text = (run / "trials.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1]))
    return [tuple(int(row[name]) for name in ("trial", "repeat", "fold")) for row in rows]


def _wait_for_rows(run: Path, count: int) -> None:
    deadline = time.monotonic() + 900
    while len(_keys(run)) < count:
        assert time.monotonic() < deadline, "the rows never came"
        time.sleep(0.1)


def test_the_grid_of_32_settings_survives_a_stop_and_a_kill(
    real_data: Callable[[str], Path], tmp_path: Path, convonet: Convonet
) -> None:
    (tmp_path / "hyper.json").write_text(json.dumps(HYPER))
    images = ["--train-dir", real_data("mnist_png") / "training", "--images", 2000]
    options = ["--hyper", tmp_path / "hyper.json", "--time-limit", 3600, "--out", tmp_path, "--name", "run"]
    run = tmp_path / "run"
    with start(["tune", *images, *options, "--json"]) as process:
        _wait_for_rows(run, 20)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=240)
    assert (process.returncode, json.loads(out)["state"]) == (130, "cancelled"), err
    stopped = _keys(run)
    with start(["resume", run], start_new_session=True) as process:
        _wait_for_rows(run, len(stopped) + 20)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=240)
    killed = _keys(run)
    assert killed[: len(stopped)] == stopped
    deadline = time.monotonic() + 240
    while Run.open(run).is_locked():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert Run.open(run).state() == "interrupted"
    said = convonet("resume", run, "--json", timeout=1500)
    assert said.code == 0, said.err
    assert (said.json()["state"], said.json()["trials"]) == ("done", 32)
    assert _keys(run)[: len(killed)] == killed
    assert sorted(_keys(run)) == KEYS
    results = list(csv.DictReader(io.StringIO((run / "results.csv").read_text(encoding="utf-8"))))
    assert len(results) == 32
    assert {*VARIED, "mean_accuracy", "std"} <= set(results[0])
    means = [float(row["mean_accuracy"]) for row in results]
    assert means == sorted(means, reverse=True)
    assert 90 < means[0] <= 100
