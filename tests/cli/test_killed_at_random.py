"""`kill -9` at random moments, again and again, each time followed by `resume`: the last digit and the optimizer stay.

Other tests choose the moment; here chance does, from the start of the process to its end.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convonet.errors import TrainingError
from convonet.runs import Run
from convonet.training.checkpoint import Checkpoint, CheckpointFile
from fuzzing import tries

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet, home_in, start

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")

_TRAIN = {
    "family": "convonet",
    "num_filters": 4,
    "num_units": 16,
    "epochs": 12,
    "batch_size": 8,
    "save_best": "val_loss",
    "optimizer": "adam",
}
_TUNE = {"init_rate": "0.02,0.01", "epochs": "2,3", "num_filters": "4", "num_units": "8", "batch_size": "16"}
_CLOCKED = ("seconds", "images_per_second")
"""Columns that tell the speed of the machine."""


def _arguments(command: str, digits: Path) -> list[object]:
    settings = _TRAIN if command == "train" else _TUNE
    sets = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    more = ["--test-dir", digits / "test", "--test"] if command == "train" else ["--images", 300]
    folders = ["--train-dir", digits / "train", *more, "--image-size", 8]
    return [command, *folders, *sets, "--name", "run", "--json", "--out"]


class _Undisturbed:
    """A run that nothing kills: its folder, how long it took, and its checkpoints by their positions."""

    def __init__(self, command: str, digits: Path, parent: Path) -> None:
        self.run = parent / "run"
        self.checkpoints: dict[tuple[int, int], Checkpoint] = {}
        started = time.monotonic()
        with start([*_arguments(command, digits), parent], env=home_in(parent)) as process:
            while process.poll() is None:
                if checkpoint := _checkpoint(self.run):
                    self.checkpoints[_position(checkpoint)] = checkpoint
                time.sleep(0.005)
            _, err = process.communicate()
        assert process.returncode == 0, err
        self.seconds = time.monotonic() - started


def _checkpoint(run: Path) -> Checkpoint | None:
    """What a run would go on from now."""
    file = CheckpointFile(run / "checkpoint.npz")
    try:
        return file.load() if file.exists() else None
    except TrainingError:
        # The run has ended between the two, and a run that has ended needs no checkpoint.
        assert not file.exists()
        return None


def _position(checkpoint: Checkpoint) -> tuple[int, int]:
    return checkpoint.position.epoch, checkpoint.position.step


def _killed(arguments: list[object], seconds: float) -> bool:
    """Start a command and kill it with its workers; False where it has ended before."""
    with start(arguments, start_new_session=True) as process:
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        ended = process.poll() is not None
        if not ended:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return not ended


def _kills(
    begin: list[object], parent: Path, count: int, span: float, look: Callable[[Path], None] | None = None
) -> list[Path]:
    """Kill a command `count` times, resumed after each; a new run begins where one ends before it is killed.

    Args:
        begin: arguments of the command, but for the folder of its runs.
        parent: folder for those folders.
        span: seconds that it takes when nothing kills it; it is killed at any time of them.
        look: is told of each run after each kill.
    """
    rng = random.Random(count)
    runs: list[Path] = []
    done = 0
    while done < count:
        run = parent / str(len(runs)) / "run"
        arguments = [*begin, run.parent]
        while done < count and _killed(arguments, rng.uniform(0, span)):
            done += 1
            _let_go(run)
            if (run / "run.json").is_file():
                arguments = ["resume", run, "--json"]
                if look:
                    look(run)
        if (run / "run.json").is_file():
            runs.append(run)
    assert runs
    return runs


def _let_go(run: Path) -> None:
    """Wait until the killed processes hold nothing of a run any more."""
    deadline = time.monotonic() + 240
    while (run / "run.json").is_file() and Run.open(run).is_locked():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _rows(path: Path) -> list[dict[str, str]]:
    head, *lines = (line.split(",") for line in path.read_text().splitlines())
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    return [{key: value for key, value in row.items() if key not in _CLOCKED} for row in rows]


def _weights(run: Path) -> bytes:
    with zipfile.ZipFile(run / "model.keras") as archive:
        return archive.read("model.weights.h5")


def _equal(one: Checkpoint, other: Checkpoint) -> bool:
    """Whether every array is the same: weights, the state of the optimizer, the best weights."""
    groups, others = one.groups(), other.groups()
    assert groups.keys() == others.keys()
    assert groups["optimizer"]
    pairs = [pair for name in groups for pair in zip(groups[name], others[name], strict=True)]
    return all(np.array_equal(first, second) for first, second in pairs)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_training_killed_at_random_ends_with_the_same_numbers(
    digits: Path, tmp_path: Path, convonet: Convonet
) -> None:
    whole = _Undisturbed("train", digits, tmp_path / "whole")
    compared = 0

    def compare(run: Path) -> None:
        nonlocal compared
        checkpoint = _checkpoint(run)
        expected = whole.checkpoints.get(_position(checkpoint)) if checkpoint else None
        if checkpoint and expected:
            assert _equal(checkpoint, expected)
            compared += 1

    runs = _kills(_arguments("train", digits), tmp_path, tries(100), whole.seconds, compare)
    assert compared > 0
    for run in runs:
        ended = convonet("resume", run, "--json", timeout=600)
        assert ended.code == 0, ended.err
        assert _rows(run / "history.csv") == _rows(whole.run / "history.csv")
        assert (run / "predictions.csv").read_text() == (whole.run / "predictions.csv").read_text()
        assert _weights(run) == _weights(whole.run)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_search_killed_at_random_ends_with_the_same_numbers(
    digits: Path, tmp_path: Path, convonet: Convonet
) -> None:
    whole = _Undisturbed("tune", digits, tmp_path / "whole")
    for run in _kills(_arguments("tune", digits), tmp_path, tries(20), whole.seconds):
        ended = convonet("resume", run, "--json", timeout=600)
        assert ended.code == 0, ended.err
        # Folds that are trained at the same time end in any order.
        assert sorted(map(str, _rows(run / "trials.csv"))) == sorted(
            map(str, _rows(whole.run / "trials.csv"))
        )
