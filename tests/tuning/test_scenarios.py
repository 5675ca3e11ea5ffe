"""Searches as people run them: minutes long."""

from __future__ import annotations

import csv
import io
import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from convonet import api
from convonet.events import Event, TrialEnded
from convonet.jobs import job_for
from convonet.jobs.runner import execute
from convonet.runs import Run
from convonet.runs.trials import TrialsFile
from convonet.workbench.resume import prepare_resume

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
RealData = Callable[[str], Path]


def _rows(path: Path) -> list[Any]:
    task: Any = Run.open(path).task()
    return TrialsFile(path / "trials.csv", task.space.varied).read()


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 made pictures of 224 × 224 in four classes."""
    folder = tmp_path_factory.mktemp("scans")
    rng = np.random.default_rng(0)
    for number in range(240):
        coarse = rng.integers(0, 255, (8 + number % 4, 8), dtype=np.uint8)
        target = folder / f"class {number % 4}"
        target.mkdir(exist_ok=True)
        Image.fromarray(coarse).resize((224, 224)).save(target / f"{number}.png")
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_large_networks_on_large_images_stay_below_the_memory_limit(scans: Path, tmp_path: Path) -> None:
    """The largest has 100.4 million parameters; one more is too large on purpose and becomes a failed row."""
    peak = [0]

    def measure(event: Event) -> None:
        total = sum(p.memory_info().rss for p in psutil.Process().children(recursive=True))
        peak[0] = max(peak[0], total)

    space = {
        "num_filters": 40,
        "num_units": [512, 800, 20_000],
        "kernel_size": 5,
        "batch_size": 50,
        "epochs": 1,
        "init_rate": 0.001,
    }
    data = {"train_dir": str(scans), "image_size": 224}
    options = {"folds": 2, "jobs": 1, "memory_limit": 6 * 10**9}
    found = api.tune(data, space, out=tmp_path, listen=measure, **options)
    states = {r["params"]["num_units"]: r["state"] for r in found.results}
    assert found.state == "done"
    assert states == {512: "done", 800: "done", 20_000: "failed"}
    assert "memory" in found.results[-1]["reason"].lower()
    assert peak[0] < 6 * 10**9, f"{peak[0] / 1e9:.1f} GB"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_a_setting_beyond_the_memory_limit_is_a_row_and_larger_ones_are_not_tried(
    digits: Path, tmp_path: Path
) -> None:
    data = {"train_dir": str(digits / "train"), "image_size": 64}
    space = {"num_filters": 8, "num_units": [64, 60_000, 65_000], "epochs": 1, "batch_size": 16}
    options = {"images": 60, "folds": 2, "jobs": 1, "memory_limit": 1_500_000_000}
    found = api.tune(data, space, out=tmp_path, **options)
    reasons = {r["params"]["num_units"]: (r["state"], r["reason"]) for r in found.results}
    assert reasons[64] == ("done", "")
    assert reasons[60_000][1].startswith("Out of memory")
    assert reasons[65_000][1].startswith("Not tried")


def test_the_grid_of_32_settings_is_stopped_and_resumed_again_and_again(
    real_data: RealData, tmp_path: Path
) -> None:
    data = {"train_dir": str(real_data("mnist_png") / "training"), "image_size": 28}
    space = {
        "init_rate": [0.02, 0.01],
        "num_filters": [4, 8],
        "num_units": [16, 32],
        "epochs": [1, 2],
        "batch_size": [64, 80],
    }
    count = [0]

    def stop(event: Event) -> None:
        count[0] += isinstance(event, TrialEnded)
        if count[0] and count[0] % 25 == 0:
            Run(tmp_path / "run").request_cancel()

    found = api.tune(data, space, out=tmp_path, name="run", images=2000, time_limit=3600, listen=stop)
    run, attempts = Run.open(found.path), 1
    while run.state() != "done":
        assert prepare_resume(run)
        run.clear_cancel()
        execute(run, job_for(run.task()), process=os.getpid(), listen=stop)
        attempts += 1
    assert attempts > 2
    keys = [row.key for row in _rows(run.path)]
    assert sorted(keys) == list(itertools.product(range(1, 33), [1], [1, 2, 3]))
    results = list(csv.DictReader(io.StringIO(run.file("results.csv").read_text())))
    assert len(results) == 32
    assert {*space, "mean_accuracy", "std"} <= set(results[0])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tpe_with_pruning_reaches_the_grids_best_with_a_third_of_its_effort(
    real_data: RealData, tmp_path: Path, seed: int
) -> None:
    data = {"train_dir": str(real_data("mnist_png") / "training"), "image_size": 28}
    fixed = {"num_filters": 8, "batch_size": 64, "schedule": "constant"}
    rates, units = [0.001, 0.003, 0.01, 0.03, 0.1], [16, 32, 64, 128]
    options: dict[str, Any] = {"images": 1500, "folds": 2}
    grid = api.tune(
        data, fixed | {"epochs": [2, 4], "init_rate": rates, "num_units": units}, out=tmp_path, **options
    )
    drawn = {
        "epochs": 4,
        "init_rate": {"low": 0.001, "high": 0.1, "log": True},
        "num_units": {"low": 16, "high": 128, "step": 16},
    }
    options |= {"search": "tpe", "pruner": "median", "trials": 12, "seed": seed, "jobs": 1}
    found = api.tune(data, fixed | drawn, out=tmp_path, **options)
    assert grid.best is not None
    assert found.best is not None
    effort = [sum(row.epochs_trained or 0 for row in _rows(run.path)) for run in (grid, found)]
    assert effort[1] <= effort[0] / 3 + 1e-9, effort
    assert found.best["mean_accuracy"] >= grid.best["mean_accuracy"] - grid.best["std"]
