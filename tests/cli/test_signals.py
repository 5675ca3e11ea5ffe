"""Ctrl-C any number of times: the command ends soon, and the run is stopped or can be resumed."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fuzzing import tries

sys.path.insert(0, str(Path(__file__).parent))
from conftest import start
from convonet.cli.output import say
from convonet.cli.work import _Signals, without_stops
from convonet.runs import Run

TRIES = tries(50)
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


class _Worker:
    """Counts what is asked of it, and is slow: signals come while it is at it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def cancel(self) -> None:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
        self.asked.append("cancel")

    def kill(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        self.asked.append("kill")


def test_the_handler_only_counts() -> None:
    worker: Any = _Worker()
    before = signal.getsignal(signal.SIGINT)
    with _Signals() as signals:
        signals.obey(worker)
        assert worker.asked == []
        os.kill(os.getpid(), signal.SIGINT)
        assert worker.asked == []
        signals.obey(worker)
        signals.obey(worker)
        assert worker.asked == ["cancel", "kill"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_press_while_the_result_is_printed_does_not_take_the_path(capsys: Any) -> None:
    before = signal.getsignal(signal.SIGINT)
    with without_stops():
        os.kill(os.getpid(), signal.SIGINT)
        say("the path")
    assert capsys.readouterr().out == "the path\n"
    assert signal.getsignal(signal.SIGINT) is before


def _cases() -> list[Any]:
    """One of them in every test run, the others in the slow tests."""
    times = [4, *(1 + number % 10 for number in range(TRIES))]
    marks = [(), *[pytest.mark.slow] * (len(times) - 1)]
    return [
        pytest.param(count, seed, marks=mark)
        for seed, (count, mark) in enumerate(zip(times, marks, strict=True))
    ]


@pytest.mark.parametrize(("presses", "seed"), _cases())
def test_the_command_ends(presses: int, seed: int, digits: Path, tmp_path: Path) -> None:
    rng = random.Random(seed)
    settings = ["family=logistic", "epochs=100000", "batch_size=64"]
    words = ["train", digits / "train", "--image-size", 8, "--out", tmp_path, "--name", "run", "--threads", 1]
    with start([*words, *(part for each in settings for part in ("--set", each))]) as process:
        history, deadline = tmp_path / "run" / "history.csv", time.monotonic() + 240
        while not history.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        for _ in range(presses):
            process.send_signal(signal.SIGINT)
            time.sleep(rng.random() * 0.3)
        out, err = process.communicate(timeout=75)
    run = Run.open(tmp_path / "run")
    assert "Traceback" not in err
    assert run.state() in ("cancelled", "interrupted"), err
    assert out.strip().endswith(str(tmp_path / "run"))
    assert process.returncode in (1, 130)
