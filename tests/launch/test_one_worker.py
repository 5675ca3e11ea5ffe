"""One run has one worker: a second one is refused and does not touch the first one's run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from convonet.errors import RunAliveError, WorkerError
from convonet.events import RunState
from convonet.launch.supervisor import Supervisor
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.tasks import SummaryTask, TrainTask

_HOLDER = """
import sys
from pathlib import Path
from convonet.runs import Run
run = Run(Path(sys.argv[1]))
with run.lock():
    run.update(state="running", process=0)
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    task = TrainTask(data=DataParams.of({"train_dir": str(tmp_path)}), hyper=HyperParams())
    return Run.create(tmp_path / "runs", task, name="run", owner=os.getpid())


@contextmanager
def _held(run: Run) -> Iterator[None]:
    """Another process works on the run."""
    command = [sys.executable, "-c", _HOLDER, str(run.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield
        process.stdin.close()


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that end at once, before they take the run up."""

    def spawn(*_: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"], stdin=subprocess.PIPE)

    monkeypatch.setattr(Supervisor, "_spawn", spawn)


def test_a_run_at_work_gets_no_second_worker(run: Run) -> None:
    with _held(run):
        with pytest.raises(RunAliveError):
            Supervisor().start(run)
        assert run.read()["state"] == "running"


@pytest.mark.usefixtures("dying")
def test_a_worker_that_came_too_late_does_not_bury_the_run(run: Run) -> None:
    worker = Supervisor().start(run)
    with _held(run):
        with pytest.raises(RunAliveError):
            worker.finish()
        assert run.state() is RunState.RUNNING


@pytest.mark.usefixtures("dying")
def test_only_what_can_be_resumed_is_said_to_go_on(run: Run, tmp_path: Path) -> None:
    for one, hinted in ((run, True), (Run.create(tmp_path, SummaryTask(model="m")), False)):
        with pytest.raises(WorkerError) as caught:
            Supervisor().start(one).finish()
        assert bool(caught.value.hint) is hinted
