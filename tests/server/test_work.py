"""Runs that are started, wait, are stopped, and go on after the server has ended or was killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from convonet.errors import Cancelled, ConvonetError
from convonet.event_lines import Stamped
from convonet.events import RunState
from convonet.launch.supervisor import Supervisor
from convonet.runs import Run
from convonet.server.held import HeldRun
from convonet.server.jobs import JobQueue
from convonet.server.refusals import Refusal
from convonet.server.services import Services
from convonet.server.settings import Settings
from convonet.server.with_keras import predict_with_keras
from convonet.tasks import SummaryTask, Task

from .conftest import DATA, QUICK, Serve, limits
from .test_stream import messages


class Hand:
    """A worker that does nothing until it is told."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.alive = True
        self.left = False
        self.lingers = False
        run.update(state=RunState.RUNNING)

    def is_alive(self) -> bool:
        return self.alive

    def poll(self) -> list[Stamped]:
        return []

    def cancel(self) -> None:
        self.run.update(state=RunState.CANCELLED)
        self.alive = self.lingers

    def leave(self) -> None:
        self.left, self.alive = True, False

    def finish(self) -> RunState:
        if self.run.read()["state"] == RunState.CANCELLED:
            raise Cancelled
        self.run.update(state=RunState.DONE)
        return RunState.DONE


class Hands(Supervisor):
    """Starts no processes."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[Hand] = []

    def start(self, run: Run, threads: int | None = None) -> Any:
        self.started.append(Hand(run))
        return self.started[-1]


@contextmanager
def queue_of(root: Path, **settings: Any) -> Iterator[tuple[JobQueue, Hands, Services]]:
    hands = Hands()
    parts = Services.of(Settings(root=root, warm=False, **settings), predict_with_keras, hands)
    parts.start()
    try:
        yield parts.queue, hands, parts
    finally:
        parts.stop()


def until(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def train_task(parts: Services) -> Task:
    return parts.tasks.make("train", DATA, QUICK, {})


def test_runs_wait_for_their_turn(root: Path) -> None:
    with queue_of(root) as (queue, hands, parts):
        first, second, third = (queue.submit(train_task(parts)) for _ in range(3))
        until(lambda: len(hands.started) == 1)
        assert (queue.position(first), queue.position(second), queue.position(third)) == (None, 0, 1)
        assert queue.counts() == {"waiting": 2, "running": 1}
        question = queue.submit(SummaryTask(model=str(root / "runs" / "trained")))
        until(lambda: len(hands.started) == 2)
        assert hands.started[1].run.path == question.path
        queue.cancel(second)
        assert second.state() is RunState.CANCELLED
        hands.started[0].alive = False
        until(lambda: first.state() is RunState.DONE and len(hands.started) == 3)
        assert hands.started[2].run.path == third.path
        queue.cancel(third)
        until(lambda: queue.counts() == {"waiting": 0, "running": 1})
        assert third.state() is RunState.CANCELLED
        with pytest.raises(Refusal, match="not active"):
            queue.cancel(third)


def test_several_at_a_time_and_no_more_than_may_wait(root: Path) -> None:
    with queue_of(root, jobs=2, limits=limits(waiting_runs=1)) as (queue, hands, parts):
        for _ in range(2):
            queue.submit(train_task(parts))
            until(lambda: not queue.counts()["waiting"])
        assert len(hands.started) == 2
        queue.submit(train_task(parts))
        with pytest.raises(Refusal) as refused:
            queue.submit(train_task(parts))
        assert refused.value.status_code == 429
        assert int((refused.value.headers or {})["Retry-After"]) > 0


@pytest.mark.parametrize("then", ["resume", "delete"])
def test_a_stopped_run_is_free_although_its_worker_is_not_gone_yet(root: Path, then: str) -> None:
    with queue_of(root) as (queue, hands, parts):
        run = queue.submit(train_task(parts))
        until(lambda: len(hands.started) == 1)
        hands.started[0].lingers = True
        queue.cancel(run)
        until(lambda: run.state() is RunState.CANCELLED)
        threading.Timer(0.3, setattr, (hands.started[0], "alive", False)).start()
        if then == "resume":
            assert queue.resume(run)
        else:
            queue.delete(parts.known.find(run.id))
            assert not run.path.exists()


def test_a_server_that_ends_leaves_runs_that_can_be_resumed(root: Path) -> None:
    with queue_of(root) as (queue, hands, parts):
        working, waiting = queue.submit(train_task(parts)), queue.submit(train_task(parts))
        until(lambda: bool(hands.started))
    assert hands.started[0].left
    assert working.state() is waiting.state() is RunState.INTERRUPTED
    with queue_of(root) as (queue, hands, parts):
        assert queue.resume(waiting)
        until(lambda: bool(hands.started))
        with pytest.raises(Refusal, match="already running"):
            queue.resume(waiting)
        hands.started[0].alive = False
        until(lambda: waiting.state() is RunState.DONE)
        assert not queue.resume(waiting)


def test_a_preparation_that_was_stopped_is_reported_and_started_again(root: Path, digits: Path) -> None:
    photos = root / "photos"
    shutil.copytree(digits / "test" / "0", photos)
    with queue_of(root) as (_, hands, parts):
        assert parts.sorting.begin(photos) is None
        until(lambda: len(hands.started) == 1)
        hands.started[0].cancel()
        with pytest.raises(Refusal, match="the run was stopped") as refused:
            parts.sorting.begin(photos)
        assert refused.value.status_code == 409
        assert parts.sorting.begin(photos) is None
        until(lambda: len(hands.started) == 2)
        shutil.rmtree(hands.started[1].run.path)
        with pytest.raises(ConvonetError):
            parts.sorting.begin(photos)
        assert parts.sorting.begin(photos) is None


def test_a_run_at_work_is_not_deleted(root: Path) -> None:
    from convonet.errors import RunAliveError

    with queue_of(root) as (queue, hands, parts):
        run = queue.submit(train_task(parts))
        until(lambda: bool(hands.started))
        with pytest.raises(RunAliveError):
            queue.delete(HeldRun(run.path, root))
        hands.started[0].alive = False
        until(lambda: run.state() is RunState.DONE)
        queue.delete(HeldRun(run.path, root))
    assert not run.path.exists()


def test_old_answers_are_removed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convonet.server.jobs._ASKED_KEPT", 2)
    with queue_of(root) as (queue, hands, _):
        for count in range(1, 6):
            queue.submit(SummaryTask(model="x"))
            until(lambda count=count: len(hands.started) == count)
            hands.started[-1].alive = False
            until(lambda: queue.counts()["running"] == 0)
    assert len(list((root / "runs" / ".asked").iterdir())) == 3


@pytest.mark.slow
def test_the_whole_way_over_http(serve: Serve) -> None:
    client = serve().client
    wish = {"kind": "train", "data": DATA, "hyper": QUICK | {"epochs": 3}, "options": {"then_test": True}}
    started = client.post("/runs", json=wish)
    assert started.status_code == 201
    run = started.json()["id"]
    with client.stream("GET", f"/runs/{run}/events", timeout=120) as answer:
        told = list(messages(answer))
    assert told[-1].data == {"state": "done"}
    assert sum(message.data.get("event") == "EpochEnded" for message in told) == 3
    for wish in (
        {"kind": "test", "options": {"model": run, "split": "train"}},
        {"kind": "summary", "options": {"model": run}},
        {"kind": "inspect", "data": DATA},
        {"kind": "export", "options": {"model": run}},
        {"kind": "predict", "options": {"model": run, "paths": ["digits/test/7"]}},
    ):
        asked = client.post("/runs", json=wish).json()["id"]
        with client.stream("GET", f"/runs/{asked}/events", timeout=120) as answer:
            last = list(messages(answer))[-1]
        assert last.data == {"state": "done"}, (wish, client.get(f"/runs/{asked}").json()["error"])
        assert client.get(f"/runs/{asked}/result").status_code == 200
    assert client.get(f"/runs/{run}/evaluation", params={"split": "train"}).json()["images"] > 0
    assert run in [row["id"] for row in client.get("/runs").json()["runs"]]
    tune = {"kind": "tune", "data": DATA, "hyper": QUICK | {"batch_size": [8, 16]}, "options": {"folds": 2}}
    search = client.post("/runs", json=tune).json()["id"]
    with client.stream("GET", f"/runs/{search}/events", timeout=120) as answer:
        assert list(messages(answer))[-1].data == {"state": "done"}
    assert client.get(f"/runs/{search}/trials").json()["trials"] == 2
    assert client.get(f"/runs/{search}/best").json()["hyper"]["batch_size"] in ([8], [16])


@pytest.mark.slow
def test_a_model_without_onnx_is_asked_through_a_worker(serve: Serve, root: Path) -> None:
    served = serve()
    upload = {"files": ("seven.png", served.image().read_bytes())}
    fast = served.client.post("/runs/trained/predict", files=upload).json()["predictions"][0]
    (root / "runs" / "trained" / "model.onnx").unlink()
    slow = served.client.post("/runs/trained/predict", files=upload).json()["predictions"][0]
    assert (slow["path"], slow["predicted"]) == ("seven.png", fast["predicted"])
    assert slow["confidence"] == pytest.approx(fast["confidence"], abs=1e-5)


def start_server(root: Path, *options: str) -> tuple[subprocess.Popen[str], str]:
    """A server as a person starts it, and its address once it answers."""
    words = [sys.executable, "-m", "convonet", "serve", "--root", str(root), "--port", "0", *options]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("Convonet at "), line
    url = line.split()[2]
    end = time.monotonic() + 120
    while True:
        try:
            httpx.get(f"{url}api/v1/health", trust_env=False)
            return process, url
        except httpx.TransportError:
            assert time.monotonic() < end
            time.sleep(0.05)


def _goes_on(url: str, run: str) -> None:
    """The run is interrupted, can be resumed, and ends with every epoch once."""
    with httpx.Client(base_url=f"{url}api/v1", timeout=120) as client:
        until(lambda: client.get(f"/runs/{run}").json()["state"] == "interrupted")
        assert client.post(f"/runs/{run}/resume").status_code == 202
        with client.stream("GET", f"/runs/{run}/events") as answer:
            assert list(messages(answer))[-1].data == {"state": "done"}
        history = client.get(f"/runs/{run}/history").json()
        assert history["epoch"] == list(range(1, 61))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_is_ended_during_a_training(root: Path, number: signal.Signals) -> None:
    process, url = start_server(root)
    wish = {"kind": "train", "data": DATA, "hyper": QUICK | {"epochs": 60}}
    run = httpx.post(f"{url}api/v1/runs", json=wish).json()["id"]
    away = []
    with httpx.Client(timeout=120) as client:
        try:
            with client.stream("GET", f"{url}api/v1/runs/{run}/events") as answer:
                for message in messages(answer):
                    if message.data.get("event") == "EpochEnded" and message.data["epoch"] == 3:
                        process.send_signal(number)
                    away.append(message.name)
        except httpx.TransportError:
            assert number == signal.SIGKILL
    process.communicate(timeout=150)
    assert number == signal.SIGKILL or away[-1] == "away"
    process, url = start_server(root, "--no-warm")
    try:
        _goes_on(url, run)
    finally:
        process.terminate()
        process.communicate(timeout=150)
    assert process.returncode in (0, -signal.SIGTERM)
    record = json.loads((root / "runs" / run / "run.json").read_text())
    assert record["attempt"] == 2
