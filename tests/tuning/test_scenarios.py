"""Searches as people run them: minutes long."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from convonet import api
from convonet.events import Event
from convonet.runs import Run
from convonet.runs.trials import TrialsFile

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


FIXED = {"epochs": [2, 4], "decay_steps": 400, "decay_rate": 0.9, "momentum": 0.9, "drop_out": 0.2}
GRID = {"init_rate": [0.02, 0.01], "num_filters": [32, 50], "num_units": [512, 700], "batch_size": [64, 80]}
DRAWN = {
    "init_rate": {"low": 0.01, "high": 0.05, "log": True},
    "num_filters": {"low": 32, "high": 50},
    "num_units": {"low": 512, "high": 700},
    "batch_size": {"low": 48, "high": 80, "step": 16},
}
IMAGES = 1200


@pytest.fixture(scope="module")
def reference_grid(real_data: RealData, tmp_path_factory: pytest.TempPathFactory) -> api.TunedRun:
    """The reference application's grid with fewer epochs."""
    data = {"train_dir": str(real_data("mnist_png") / "training"), "image_size": 28}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(tmp_path_factory.mktemp("home")))
        return api.tune(data, FIXED | GRID, out=tmp_path_factory.mktemp("grid"), images=IMAGES)


def _effort(run: api.TunedRun) -> int:
    """Epochs that were trained on a fold; all folds have as many images."""
    return sum(row.epochs_trained or 0 for row in _rows(run.path))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tpe_with_pruning_reaches_the_grids_best_with_a_third_of_its_effort(
    real_data: RealData, reference_grid: api.TunedRun, tmp_path: Path, seed: int
) -> None:
    data = {"train_dir": str(real_data("mnist_png") / "training"), "image_size": 28}
    options: dict[str, Any] = {"search": "tpe", "pruner": "median", "trials": 9, "seed": seed, "jobs": 1}
    space = FIXED | DRAWN | {"epochs": 4}
    found = api.tune(data, space, out=tmp_path, images=IMAGES, **options)
    best = reference_grid.best
    assert best is not None
    assert found.best is not None
    efforts = _effort(found), _effort(reference_grid)
    scores = found.best["mean_accuracy"], best["mean_accuracy"], best["std"]
    sys.stderr.write(f"seed {seed}: effort {efforts}, accuracy {scores}\n")
    assert efforts[0] <= efforts[1] / 3, efforts
    assert scores[0] >= scores[1] - scores[2], scores
