"""`kill -9` at any moment, then `resume`: the same numbers as a run that was never disturbed."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from convonet.events import BatchEnded, EpochEnded, Event, StageStarted
from convonet.runs import Run

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet, home_in, start

Moment = Callable[[Event], bool]
HYPER = {
    "family": "convonet",
    "num_filters": 8,
    "num_units": 32,
    "epochs": 3,
    "batch_size": 8,
    "save_best": "val_loss",
}


def _arguments(digits: Path, parent: Path, name: str) -> list[object]:
    settings = [part for key, value in HYPER.items() for part in ("--set", f"{key}={value}")]
    folders = ["--train-dir", digits / "train", "--test-dir", digits / "test"]
    return [
        "train",
        *folders,
        "--image-size",
        8,
        *settings,
        "--out",
        parent,
        "--name",
        name,
        "--test",
        "--json",
    ]


def _wait_for(run_path: Path, moment: Moment, seconds: float = 240) -> Run:
    """The run, as soon as an event of the wanted kind stands in its log."""
    deadline = time.monotonic() + seconds
    offset = 0
    while time.monotonic() < deadline:
        if (run_path / "run.json").exists():
            run = Run.open(run_path)
            events, offset = run.events().read(offset)
            if any(moment(stamped.event) for stamped in events):
                return run
        time.sleep(0.01)
    raise AssertionError("the moment never came")


def _wait_until(true: Callable[[], bool], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _result(run_path: Path) -> tuple[str, dict[str, Any], str]:
    run = Run.open(run_path)
    scores = {key: run.read()["scores"]["test"][key] for key in ("accuracy", "loss", "auc", "macro_f1")}
    return run.file("history.csv").read_text(), scores, run.file("predictions.csv").read_text()


@pytest.fixture(scope="module")
def whole(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any], str]:
    """The undisturbed run."""
    parent = tmp_path_factory.mktemp("whole")
    with start(_arguments(digits, parent, "run"), env=home_in(parent)) as process:
        _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return _result(parent / "run")


MOMENTS: dict[str, Moment] = {
    "inside an epoch": lambda event: isinstance(event, BatchEnded) and event.epoch == 2,
    "after an epoch": lambda event: isinstance(event, EpochEnded) and event.epoch == 2,
    "between training and the later stages": lambda event: (
        isinstance(event, StageStarted) and event.stage == "save"
    ),
    "while testing": lambda event: isinstance(event, StageStarted) and event.stage == "test",
}


def _cases() -> list[Any]:
    """One of them in every test run, the others with the slow ones."""
    quick = {("inside an epoch", "both")}
    pairs = [(moment, victim) for moment in MOMENTS for victim in ("worker", "both")]
    return [pytest.param(*pair, marks=() if pair in quick else pytest.mark.slow) for pair in pairs]


@pytest.mark.parametrize(("moment", "victim"), _cases())
def test_a_killed_training_goes_on_with_the_same_numbers(
    digits: Path, tmp_path: Path, whole: Any, convonet: Convonet, moment: str, victim: str
) -> None:
    with start(_arguments(digits, tmp_path, "run"), start_new_session=True) as process:
        run = _wait_for(tmp_path / "run", MOMENTS[moment])
        if victim == "both":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            psutil.Process(run.read()["process"]).kill()
        _, err = process.communicate(timeout=240)
    if victim == "worker":
        assert (process.returncode, run.state()) == (1, "failed")
        assert "resume" in err
        assert "Traceback" not in err
    else:
        _wait_until(lambda: not run.is_locked())
        assert run.state() == "interrupted"
    said = convonet("resume", run.path, "--json")
    assert said.code == 0, said.err
    assert said.json()["state"] == "done"
    assert _result(run.path) == whole
    again = convonet("resume", run.path, "--json")
    assert (again.code, again.json()["history"]) == (0, said.json()["history"])


@pytest.mark.slow
def test_a_worker_whose_owner_dies_puts_its_work_away(
    digits: Path, tmp_path: Path, whole: Any, convonet: Convonet
) -> None:
    with start(_arguments(digits, tmp_path, "run")) as process:
        run = _wait_for(tmp_path / "run", MOMENTS["inside an epoch"])
        process.kill()
    said = convonet("resume", run.path, "--json")
    assert said.code == 0, said.err
    assert _result(run.path) == whole


@pytest.mark.slow
def test_stopping_keeps_the_work_and_resume_ends_it(
    digits: Path, tmp_path: Path, whole: Any, convonet: Convonet
) -> None:
    with start(_arguments(digits, tmp_path, "run")) as process:
        run = _wait_for(tmp_path / "run", MOMENTS["inside an epoch"])
        # The command takes a second to start, in which the training would come to its end.
        worker = psutil.Process(run.read()["process"])
        worker.suspend()
        assert convonet("runs", "cancel", run.path).code == 0
        worker.resume()
        asked = time.time()
        out, err = process.communicate(timeout=240)
    acknowledged = next(
        e.time for e in run.events().read()[0] if type(e.event).__name__ == "CancelAcknowledged"
    )
    # Five times what it may take on a machine at rest.
    assert acknowledged - asked <= 5
    assert time.time() - asked < 75
    assert (process.returncode, run.state()) == (130, "cancelled"), err
    assert '"cancelled"' in out
    assert run.file("model.keras").exists()
    said = convonet("resume", run.path, "--json")
    assert said.code == 0, said.err
    assert _result(run.path) == whole


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without asking them")
def test_a_signal_to_the_whole_group_keeps_the_work(digits: Path, tmp_path: Path) -> None:
    with start(_arguments(digits, tmp_path, "run"), start_new_session=True) as process:
        run = _wait_for(tmp_path / "run", MOMENTS["inside an epoch"])
        os.killpg(process.pid, signal.SIGTERM)
        _, err = process.communicate(timeout=240)
    assert (process.returncode, run.state()) == (130, "cancelled"), err
    assert len(run.history()["epoch"]) == run.read()["model_epoch"] >= 1
    assert run.file("model.keras").exists()
