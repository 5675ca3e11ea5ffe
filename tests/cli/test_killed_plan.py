"""`kill -9` in any part of a plan, then `resume`: the result is the one that `verify` of that run gives."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from convonet.runs import Run

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet, start


@pytest.fixture(scope="module")
def flowers(real_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few photographs of each class."""
    root = tmp_path_factory.mktemp("flowers")
    for part, count in (("train", 20), ("test", 5)):
        for folder in sorted((real_data("flowers_128") / part).iterdir()):
            (root / part / folder.name).mkdir(parents=True)
            for path in sorted(folder.iterdir())[:count]:
                shutil.copyfile(path, root / part / folder.name / path.name)
    return root


def _train(photos: Path, parent: Path) -> list[object]:
    settings = ["--minutes", 0.7, "--image-size", 64, "--recipe", "auto"]
    return ["train", photos, *settings, "--out", parent, "--name", "run", "--json"]


def _kill_after(arguments: list[object], seconds: float) -> None:
    """Start a command and kill it and its workers; nothing happens where it has ended before."""
    process = start(arguments)
    time.sleep(seconds)
    for one in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
        try:
            os.kill(one.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.communicate()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(4))
def test_a_plan_that_is_killed_again_and_again_ends_as_verify_repeats_it(
    convonet: Convonet, flowers: Path, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    _kill_after(_train(flowers, tmp_path), rng.uniform(4, 30))
    if not (tmp_path / "run" / "run.json").is_file():
        pytest.skip("killed before the run began")
    for _ in range(rng.randint(0, 2)):
        _kill_after(["resume", tmp_path / "run"], rng.uniform(4, 25))
    resumed = convonet("resume", tmp_path / "run", "--json", timeout=600)
    assert resumed.code == 0, resumed.err
    plan = Run.open(tmp_path / "run").read().plan
    assert all(one.state in ("done", "skipped") for one in plan.candidates)
    verified = convonet("verify", tmp_path / "run", "--json", timeout=600)
    assert verified.code == 0, verified.out
    assert verified.json()["equal"]
