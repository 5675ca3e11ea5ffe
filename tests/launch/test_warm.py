"""A warm worker has loaded everything before there is a run, and takes up the next one."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from convonet.events import RunState
from convonet.launch.supervisor import Supervisor
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.tasks import TrainTask


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def _wait_until_loaded(process: int, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not any("libtorch" in part.path for part in psutil.Process(process).memory_maps()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(not psutil.LINUX, reason="the libraries of a process are read from /proc")
def test_a_warm_worker_has_torch_loaded_and_takes_up_the_next_run(digits: Path, tmp_path: Path) -> None:
    before = _children()
    supervisor = Supervisor()
    supervisor.warm(1)
    spare = (_children() - before).pop()
    _wait_until_loaded(spare)
    data = DataParams.of({"train_dir": str(digits / "train"), "image_size": 8})
    hyper = HyperParams.of({"family": "logistic", "epochs": 1})
    run = Run.create(tmp_path, TrainTask(data=data, hyper=hyper, threads=1))
    worker = supervisor.start(run, 1)
    assert worker.process == spare
    list(worker.follow())
    assert worker.finish() is RunState.DONE
    supervisor.close()


def test_a_warm_worker_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    before = _children()
    supervisor = Supervisor()
    supervisor.warm(2)
    spare = (_children() - before).pop()
    run = Run.create(
        tmp_path, TrainTask(data=DataParams.of({"train_dir": "none"}), hyper=HyperParams(), threads=1)
    )
    worker = supervisor.start(run, 1)
    assert worker.process != spare
    worker.kill()
    with pytest.raises(Exception, match="killed"):
        worker.finish()
    supervisor.close()
    assert not psutil.pid_exists(spare) or psutil.Process(spare).status() == psutil.STATUS_ZOMBIE
