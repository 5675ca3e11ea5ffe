"""How fast the server predicts: `python benchmarks/bench_server.py [--quick] [--workers]`.

The server and the clients are processes of their own on loopback. Each client is a coroutine that sends a request,
reads the whole answer and sends the next; connections are kept. With `--max-batch 1` the server answers one request
after another, which is what batching is held against.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil

_SECONDS = 3.0
_WARM_SECONDS = 1.0
_CROWD = 1000
_MANY = 64
_DIGITS: dict[str, Any] = {"family": "convonet", "epochs": 1}
_LARGE: dict[str, dict[str, Any]] = {
    "vgg_small at 48 × 48": {"family": "vgg_small", "epochs": 1},
    "dense, 3 × 5,120": {"family": "dense", "hidden_units": [5120, 5120, 5120], "epochs": 1},
}


class Load(NamedTuple):
    """What clients saw: requests and images a second, milliseconds at three shares of the requests, failures."""

    requests: float
    images: float
    p50: float
    p95: float
    p99: float
    failed: int

    def line(self, name: str) -> str:
        """A row of the table."""
        return (
            f"{name:34} {self.requests:8.0f} req/s {self.images:8.0f} img/s   p50 {self.p50:7.1f}  "
            f"p95 {self.p95:7.1f}  p99 {self.p99:7.1f} ms   failed {self.failed}"
        )


def request_of(path: str, images: list[bytes]) -> bytes:
    """The bytes of one request."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="%d.png"\r\n'
        b"Content-Type: image/png\r\n\r\n%s\r\n" % (place, image)
        for place, image in enumerate(images)
    ]
    body = b"".join(parts) + b"--x--\r\n"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def answer_of(reader: asyncio.StreamReader) -> int:
    """Read one whole answer; its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.split(b":")[1]))
    return int(head.split(b" ", 2)[1])


async def client(port: int, request: bytes, end: float, seen: list[tuple[float, float, int]]) -> None:
    """One client until `end`; each request leaves its start, its seconds and its status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < end:
        started = time.perf_counter()
        writer.write(request)
        status = await answer_of(reader)
        seen.append((started, time.perf_counter() - started, status))
    writer.close()


async def load(port: int, request: bytes, clients: int, images: int, seconds: float) -> Load:
    """So many clients for some seconds, the first of which does not count; nor does the opening of the network."""
    seen: list[tuple[float, float, int]] = []
    await client(port, request, time.perf_counter() + 0.01, [])
    begin = time.perf_counter() + _WARM_SECONDS
    end = begin + seconds
    await asyncio.gather(*(client(port, request, end, seen) for _ in range(clients)))
    counted = [(took, status) for started, took, status in seen if started >= begin]
    times = np.array([took for took, _ in counted])
    spent = max(started + took for started, took, _ in seen) - begin
    p50, p95, p99 = np.percentile(times, [50, 95, 99]) * 1000
    failed = sum(status != 200 for _, status in counted)
    return Load(len(times) / spent, len(times) * images / spent, p50, p95, p99, failed)


async def crowd(port: int, request: bytes, clients: int) -> dict[str, Any]:
    """Everybody connects and asks once, at the same time: what became of each."""

    async def one() -> str:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            status = await answer_of(reader)
            writer.close()
        except (OSError, asyncio.IncompleteReadError) as error:
            return type(error).__name__
        return str(status)

    started = time.perf_counter()
    said = await asyncio.gather(*(one() for _ in range(clients)))
    counts = {word: said.count(word) for word in sorted(set(said))}
    return {"seconds": time.perf_counter() - started, "answers": counts}


@contextmanager
def server(root: Path, *options: str) -> Iterator[int]:
    """A server over a folder; its port."""
    words = [
        sys.executable,
        "-m",
        "convonet",
        "serve",
        "--root",
        str(root),
        "--port",
        "0",
        "--no-warm",
        *options,
    ]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    port = int(process.stderr.readline().split()[2].rstrip("/").rsplit(":", 1)[1])
    drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()
        drain.wait()


def measured(root: Path, run: str, images: Path, plan: dict[str, Any], *options: str) -> Any:
    """What a client process of its own saw."""
    with server(root, *options) as port:
        _first_answer(port, run)
        return act_in_process(port, run, images, plan)


def act_in_process(port: int, run: str, images: Path, plan: dict[str, Any]) -> Any:
    """The same of a server that runs already."""
    words = [sys.executable, __file__, "--client", str(port), run, str(images), json.dumps(plan)]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def _first_answer(port: int, run: str) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/runs/{run}").read()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def act_as_clients(port: int, run: str, folder: Path, plan: dict[str, Any]) -> None:
    """The client process: do the plan and print what was seen."""
    files = [path.read_bytes() for path in sorted(folder.rglob("*.png"))[:_MANY]]
    path = f"/api/v1/runs/{run}/predict"
    if plan["kind"] == "crowd":
        print(json.dumps(asyncio.run(crowd(port, request_of(path, files[:1]), plan["clients"]))))
        return
    chosen = files[: plan["images"]]
    found = asyncio.run(load(port, request_of(path, chosen), plan["clients"], len(chosen), plan["seconds"]))
    print(json.dumps(found))


def prepare(folder: Path, *, large: bool = True) -> None:
    """Digits and a network for them; with `large` also networks that compute more."""
    from convonet import api
    from convonet.data.samples import write_samples

    write_samples("digits", folder / "digits")
    data = {"train_dir": str(folder / "digits" / "train"), "image_size": 28}
    api.train(data, _DIGITS, out=folder / "runs", name="digits")
    for place, (name, hyper) in enumerate(_LARGE.items() if large else ()):
        size = {"image_size": 48, "channels": 3} if "48" in name else {}
        api.train(data | size, hyper, validation=False, out=folder / "runs", name=f"large{place}")


def main() -> None:
    """Measure everything in turn and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a second each")
    parser.add_argument("--workers", action="store_true", help="only one worker against two")
    parser.add_argument("--client", nargs=4, metavar=("PORT", "RUN", "IMAGES", "PLAN"))
    given = parser.parse_args()
    if given.client:
        port, run, images, plan = given.client
        act_as_clients(int(port), run, Path(images), json.loads(plan))
        return
    seconds = 1.0 if given.quick else _SECONDS
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ.setdefault("CONVONET_HOME", str(root / "home"))
        prepare(root, large=not given.workers)
        if not given.workers:
            report(root, seconds)
        by_workers(root, seconds)


def report(root: Path, seconds: float) -> None:
    """Every figure, with the ratios that count."""
    images = root / "digits" / "test"

    def ask(run: str, clients: int, many: int = 1, *options: str) -> Load:
        plan = {"kind": "load", "clients": clients, "images": many, "seconds": seconds}
        return Load(*measured(root, run, images, plan, *options))

    for clients in (1, 8, 64):
        print(ask("digits", clients).line(f"digits, {clients} clients"), flush=True)
    both(ask, "digits", "digits, 64 clients")
    for place, name in enumerate(_LARGE):
        both(ask, f"large{place}", f"{name}, 64 clients")
    one = ask("digits", 1)
    many = ask("digits", 1, _MANY)
    print(many.line(f"digits, 1 client, {_MANY} files a request"))
    print(
        f"  one request of {_MANY} files against {_MANY} requests: {many.images / one.images:.2f} times the images"
    )
    print(f"{_CROWD} at once: {measured(root, 'digits', images, {'kind': 'crowd', 'clients': _CROWD})}")


def by_workers(root: Path, seconds: float, rounds: int = 7) -> None:
    """One worker against two, each network with one thread: images for each second of the processors."""
    print("workers", flush=True)
    ways = {"one worker on one core": 1, "one worker on all cores": 1, "two workers on all cores": 2}
    found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in ways}
    plan = {"kind": "load", "clients": 64, "images": 1, "seconds": seconds}
    for _ in range(rounds):
        for way, count in ways.items():
            with server(root, "--workers", str(count)) as port:
                started = next(one for one in psutil.Process().children() if "serve" in one.cmdline())
                cores = started.cpu_affinity()
                if count == 1:
                    # So that it opens its network with one thread, as each of two workers does on two cores.
                    started.cpu_affinity([min(cores)])
                act_in_process(port, "digits", root / "digits" / "test", plan | {"seconds": 0.5})
                if "all" in way:
                    let_run(started, cores)
                before, clients = spent(started), waited_for()
                load = Load(*act_in_process(port, "digits", root / "digits" / "test", plan))
                images = load.images * (seconds + _WARM_SECONDS)
                of_server, of_clients = spent(started) - before, waited_for() - clients
                found[way].append((load.images, images / of_server, of_clients / (of_server + of_clients)))
    medians = {way: np.median(np.array(values), axis=0) for way, values in found.items()}
    last = medians["two workers on all cores"]
    for way, (wall, cpu, share) in medians.items():
        print(
            f"{way:26} {wall:6.0f} images/s   {cpu:6.0f} per CPU second of the server   "
            f"two against it: {last[0] / wall:.2f} and {last[1] / cpu:.2f} times   clients {100 * share:.0f}% of it"
        )


def waited_for() -> float:
    """Seconds of the processors that the client processes have used that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def let_run(process: psutil.Process, cores: list[int]) -> None:
    """Let a process, its threads and its descendants run on these cores."""
    for one in [process, *process.children(recursive=True)]:
        for thread in one.threads():
            psutil.Process(thread.id).cpu_affinity(cores)


def spent(process: psutil.Process) -> float:
    """Seconds of the processors that a process and its descendants have used."""
    everybody = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in everybody)


def both(ask: Any, run: str, name: str, rounds: int = 3) -> None:
    """With and without batching, in turn, and the median ratio."""
    ratios = []
    for _ in range(rounds):
        batched, single = ask(run, 64), ask(run, 64, 1, "--max-batch", "1")
        ratios.append(batched.requests / single.requests)
    print(batched.line(f"{name}, batched"))
    print(single.line(f"{name}, one by one"))
    print(
        f"  batched against one by one: {np.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
