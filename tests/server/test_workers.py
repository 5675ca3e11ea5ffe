"""Several processes behind one socket: the same answers, nothing lost when they are exchanged or the server is."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import psutil
import pytest

from convonet.errors import ParamError
from convonet.server.prediction_worker import share_of
from convonet.server.settings import Limits, Settings, settings_from_json, settings_to_json

from .conftest import DATA, QUICK, Serve, Served
from .loading import Seen, load, predict_request
from .test_metrics import values
from .test_stream import messages

_PATIENCE = 120.0
posix = pytest.mark.skipif(os.name != "posix", reason="processes share a listening socket on Unix")


# The process becomes the server, so its number is the one that systemd would name.
_AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.execve(sys.argv[2], sys.argv[2:], os.environ | {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())})
"""


@dataclass
class Process:
    """A server as a person starts it."""

    popen: subprocess.Popen[str]
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rsplit(":", 1)[1])

    def workers(self) -> list[psutil.Process]:
        children = psutil.Process(self.popen.pid).children(recursive=True)
        return [child for child in children if _is_worker(child)]

    def end(self) -> float:
        """Ask it to end; the seconds that took."""
        started = time.monotonic()
        self.popen.terminate()
        self.popen.wait(timeout=120)
        return time.monotonic() - started


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "convonet.server.prediction_worker" in process.cmdline()
    except psutil.NoSuchProcess:  # it has just ended
        return False


def drain(log: IO[str]) -> None:
    """Read a log to its end: a full pipe would hold up the server."""
    with log:
        log.read()


def begin(root: Path, *options: str, handed: socket.socket | None = None) -> Process:
    """Start a server; with a socket as systemd hands it over."""
    port = "0" if handed is None else str(handed.getsockname()[1])
    words = [sys.executable, "-m", "convonet", "serve", "--root", str(root), "--port", port, "--no-warm"]
    words += options
    if handed is not None:
        words = [sys.executable, "-c", _AS_SYSTEMD, str(handed.fileno()), *words]
    fds = () if handed is None else (handed.fileno(),)
    popen = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, pass_fds=fds)
    assert popen.stderr is not None
    line = popen.stderr.readline()
    assert line.startswith("Convonet at "), line + popen.stderr.read()
    threading.Thread(target=drain, args=(popen.stderr,), daemon=True).start()
    return Process(popen, line.split()[2])


@contextmanager
def server(root: Path, *options: str) -> Iterator[Process]:
    """A server that is ended in any case."""
    process = begin(root, *options)
    try:
        yield process
    finally:
        if process.popen.poll() is None:
            process.end()


def asking(process: Process) -> httpx.Client:
    """A client of a server's API, patient with a machine that has other work."""
    return httpx.Client(base_url=f"{process.url}api/v1", timeout=_PATIENCE)


def test_limits_that_count_for_all_are_divided() -> None:
    shared = share_of(Limits(), 4)
    assert (shared.waiting_images, shared.waiting_bytes) == (5000, 128 * 2**20)
    assert share_of(Limits(), 64).waiting_bytes == Limits().upload_bytes
    assert shared.files == Limits().files


def test_settings_reach_a_worker_as_they_are(tmp_path: Path) -> None:
    made = Settings(
        root=tmp_path, token="long-enough", names=("lab", "other"), limits=Limits(files=7), workers=3
    )
    assert settings_from_json(json.loads(json.dumps(settings_to_json(made)))) == made


def test_how_many_workers_there_may_be(tmp_path: Path) -> None:
    for count in (0, 65):
        with pytest.raises(ParamError, match="workers: expected 1 to 64"):
            Settings(root=tmp_path, workers=count)


def test_a_server_that_ends_is_not_ready_and_starts_nothing(serve: Serve) -> None:
    served = serve()
    assert served.client.get("/ready").json() == {"status": "ready", "workers": 1}
    served.parts.begin_to_end()
    answer = served.client.get("/ready")
    assert (answer.status_code, answer.headers["connection"]) == (503, "close")
    answer = served.client.post("/runs", json={"kind": "train", "data": DATA, "hyper": QUICK})
    assert answer.status_code == 503
    assert "shutting down" in answer.json()["detail"]
    image = {"files": served.image().read_bytes()}
    assert served.client.post("/runs/trained/predict", files=image).status_code == 200


@posix
@pytest.mark.slow
def test_workers_answer_as_one_process_does(root: Path, shared: Served) -> None:
    image = {"files": ("7.png", shared.image().read_bytes())}
    alone = shared.client.post("/runs/trained/predict", files=image).json()
    with (
        server(root, "--workers", "2") as process,
        httpx.Client(base_url=f"{process.url}api/v1", timeout=_PATIENCE) as client,
    ):
        for _ in range(10):
            assert client.post("/runs/trained/predict", files=image).json() == alone
        assert client.get("/ready").json()["status"] == "ready"
        # Jobs belong to the control process, whichever worker a request comes to.
        task = {"kind": "train", "data": DATA, "hyper": QUICK, "options": {"recipe": "none"}}
        run = client.post("/runs", json=task).json()["id"]
        with client.stream("GET", f"/runs/{run}/events") as answer:
            assert list(messages(answer))[-1].data == {"state": "done"}
        assert client.post(f"/runs/{run}/predict", files=image).status_code == 200
        assert {item["id"] for item in client.get("/runs").json()["runs"]} == {run, "trained"}
        assert "<html" in httpx.get(process.url, timeout=_PATIENCE).text
        found = client.get(f"/runs/{run}/files/model.keras", headers={"range": "bytes=0-9"})
        assert (found.status_code, len(found.content)) == (206, 10)
        # A model that only Keras opens is asked through the control process too.
        (root / "runs" / "trained" / "model.onnx").unlink()
        answer = client.post("/runs/trained/predict", files=image)
        assert answer.json()["predictions"][0]["predicted"] == alone["predictions"][0]["predicted"]


@posix
@pytest.mark.slow
def test_guards_and_bounds_hold_in_every_worker(root: Path) -> None:
    token = "a-token-of-this-test"
    with server(root, "--workers", "2", "--token", token, "--max-upload", "1") as process:
        known = {"authorization": f"Bearer {token}"}
        for _ in range(6):  # on connections of their own, so that both are asked
            assert httpx.get(f"{process.url}api/v1/runs", timeout=_PATIENCE).status_code == 401
            assert httpx.get(f"{process.url}api/v1/runs", headers=known, timeout=_PATIENCE).status_code == 200
            assert httpx.get(f"{process.url}api/v1/ready", timeout=_PATIENCE).status_code == 200
            large = {"files": bytes(2**21)}
            url = f"{process.url}api/v1/runs/trained/predict"
            assert httpx.post(url, files=large, headers=known, timeout=_PATIENCE).status_code == 413
            assert (
                httpx.get(process.url, headers={"host": "evil.example"}, timeout=_PATIENCE).status_code == 421
            )
        for worker in process.workers():
            assert token not in " ".join(worker.cmdline())


@posix
@pytest.mark.slow
def test_a_worker_that_dies_is_replaced_and_counters_never_fall(root: Path, shared: Served) -> None:
    image = {"files": shared.image().read_bytes()}
    series = ("convonet_model_requests_total", (("model", "trained"), ("outcome", "ok")))
    with server(root, "--workers", "2") as process:
        api = f"{process.url}api/v1"
        for _ in range(5):
            assert (
                httpx.post(f"{api}/runs/trained/predict", files=image, timeout=_PATIENCE).status_code == 200
            )
        end = time.monotonic() + 60
        while values(httpx.get(f"{api}/metrics", timeout=_PATIENCE).text).get(series) != 5:
            assert time.monotonic() < end
            time.sleep(0.1)
        old = process.workers()
        for worker in old:
            worker.kill()
        end = time.monotonic() + 120
        while httpx.get(f"{api}/ready", timeout=_PATIENCE).status_code != 200 or len(process.workers()) < 2:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert not set(old) & set(process.workers())
        assert httpx.post(f"{api}/runs/trained/predict", files=image, timeout=_PATIENCE).status_code == 200
        assert values(httpx.get(f"{api}/metrics", timeout=_PATIENCE).text)[series] >= 5
        everybody = psutil.Process(process.popen.pid).children(recursive=True)
        assert process.end() < 25
        _, alive = psutil.wait_procs(everybody, timeout=60)
        assert not alive


@posix
@pytest.mark.slow
def test_workers_end_when_the_control_process_is_killed(root: Path) -> None:
    with server(root, "--workers", "2") as process:
        workers = process.workers()
        process.popen.kill()
        process.popen.wait()
        _, alive = psutil.wait_procs(workers, timeout=60)
        assert not alive


@posix
@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_is_lost_when_all_is_restarted_under_load(root: Path, shared: Served, workers: int) -> None:
    """Workers are exchanged, then one server follows another on the socket that a process manager holds."""
    requests, clients = 5000, 64
    request = predict_request("trained", shared.image().read_bytes())
    seen, done = Seen(), threading.Event()
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen(2048)
        process = begin(root, "--workers", str(workers), handed=held)
        at_work = threading.Thread(
            target=lambda: asyncio.run(
                load(process.port, request, clients, lambda s: s.count < requests or not done.is_set(), seen)
            )
        )
        at_work.start()
        try:
            if workers > 1:
                _wait_for(lambda: seen.count > requests // 4)
                before = process.workers()
                process.popen.send_signal(signal.SIGHUP)
                _wait_for(lambda: not set(before) & set(process.workers()))
            _wait_for(lambda: seen.count > requests // 2)
            assert process.end() < 25
            process = begin(root, "--workers", str(workers), handed=held)
            _wait_for(lambda: seen.count > requests)
        finally:
            done.set()
            at_work.join()
            process.end()
    assert seen.count >= requests
    assert set(seen.outcomes) == {"200"}, seen.outcomes


def _wait_for(condition: object, seconds: float = 120.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
