"""The server under load and attack: `python benchmarks/bench_server_load.py [--quick] [--workers N]`.

First 64 clients send predictions in peace. Then they do it again while 48 others upload images, and while hostile
models, images and requests are sent to every address that the server has. At last it is told to end in the middle of
all that. The exit code is 1 when an answer was a fault of the server (5xx), when the 99th percentile of the predictions
more than doubled, or when the end took longer than 5 seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import struct
import sys
import tempfile
import time
import urllib.request
import zipfile
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from bench_server import prepare, request_of, server

_CLIENTS, _UPLOADERS, _ATTACKERS = 64, 48, 4
_REQUESTS, _UPLOADS = 5000, 300
_END_SECONDS = 5.0
_MOST_SLOWER = 2.0
_BOUNDARY = b"x"


@dataclass
class Seen:
    """Answers by status, or by the error of a connection, and the seconds of those that were right."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def p99(self) -> float:
        """Milliseconds within which 99 of 100 answers came."""
        return float(np.percentile(self.seconds, 99)) * 1000 if self.seconds else float("nan")

    def faults(self) -> int:
        """Answers that were the server's fault."""
        return sum(count for status, count in self.outcomes.items() if status.startswith("5"))

    def line(self, name: str) -> str:
        """A row of the report."""
        shown = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.outcomes.items()))
        return f"{name:28} p99 {self.p99():8.1f} ms   {shown}"


async def whole_answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Read an answer to its end: its status, and whether the connection stays open."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(fields.get(b"content-length", 0)))
    return int(head.split(b" ", 2)[1]), fields.get(b"connection") != b"close"


async def clients(port: int, count: int, requests: Iterator[bytes], seen: Seen) -> None:
    """So many clients that share the requests; each keeps its connection while the server does."""

    async def one() -> None:
        opened: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        for request in requests:
            started = time.perf_counter()
            try:
                opened = opened or await asyncio.open_connection("127.0.0.1", port)
                opened[1].write(request)
                status, stays = await whole_answer(opened[0])
            except (OSError, asyncio.IncompleteReadError) as error:
                # Refused in the middle of its body: the answer may be lost with the connection.
                seen.outcomes[type(error).__name__] += 1
                opened = None
                continue
            seen.outcomes[str(status)] += 1
            seen.seconds.append(time.perf_counter() - started)
            if not stays:
                opened[1].close()
                opened = None
        if opened is not None:
            opened[1].close()

    await asyncio.gather(*(one() for _ in range(count)))


def hostile_images() -> list[bytes]:
    """What claims to be an image and is none, or a very large one."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        sealed = kind + content
        return struct.pack(">I", len(content)) + sealed + struct.pack(">I", zlib.crc32(sealed))

    def png(width: int, height: int, rows: bytes) -> bytes:
        head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(parts)

    whole = png(28, 28, bytes(29 * 28))
    return [
        b"",
        b"\xff\xd8\xff",
        whole[:40],
        png(2**30, 2**30, b""),
        png(28, 28, b"short"),
        whole[:-20] + b"\0" * 20,
    ]


def hostile_models(folder: Path) -> list[str]:
    """Files that a person may be sent as models, below the root; their paths as requests name them."""
    folder.mkdir()
    (folder / "random.onnx").write_bytes(random.Random(0).randbytes(5000))
    (folder / "random.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + random.Random(1).randbytes(5000))
    with zipfile.ZipFile(folder / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 50_000_000)
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"")
    code = {"class_name": "Lambda", "config": {"function": "import os; os.abort()"}}
    with zipfile.ZipFile(folder / "code.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(code))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"")
    return [f"{folder.name}/{path.name}" for path in sorted(folder.iterdir())]


def json_request(method: str, path: str, body: bytes, kind: str = "application/json") -> bytes:
    """The bytes of one request with a body."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def attacks(port: int, models: list[str]) -> list[bytes]:
    """Hostile requests to every address of the server's own description."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    bodies = [
        b"",
        b"null",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"a": 1e999}',
        b'{"kind": "train", "data": {"train_dir": 7}}',
    ]
    made = []
    for path, operations in paths.items():
        for method in operations:
            for value in ("..%2f..%2fetc%2fpasswd", "%00", "a" * 300, "trained", "digits"):
                filled = "/".join(value if part.startswith("{") else part for part in path.split("/"))
                if method == "get" and not path.endswith("/events"):
                    made.append(
                        f"GET {filled}?path=../..&limit=-1&row=x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
                    )
                elif method in ("post", "put") and not path.endswith(("/cancel", "/samples")):
                    made += [json_request(method.upper(), filled, body) for body in bodies]
                    made.append(
                        json_request(method.upper(), filled, b"--x\r\n", "multipart/form-data; boundary=x")
                    )
    for model in models:
        for kind in ("summary", "predict", "export", "explain", "evaluate"):
            task = {"kind": kind, "options": {"model": model, "paths": ["digits/test"]}}
            made.append(json_request("POST", "/api/v1/runs", json.dumps(task).encode()))
        made.append(f"GET /api/v1/models?path={model} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    for image in hostile_images():
        made += [request_of("/api/v1/runs/digits/predict", [image]), request_of("/api/v1/uploads", [image])]
    random.Random(0).shuffle(made)
    return made


def endless(requests: list[bytes], done: Callable[[], bool]) -> Iterator[bytes]:
    """The requests again and again, until something is done."""
    while True:
        for request in requests:
            if done():
                return
            yield request


async def under_attack(
    port: int, predict: bytes, upload: bytes, hostile: list[bytes], counts: tuple[int, int]
) -> Any:
    """Predictions and uploads while hostile requests come; what each kind saw."""
    seen = {name: Seen() for name in ("predictions", "uploads", "attacks")}
    over = False
    attack: Awaitable[None] = asyncio.ensure_future(
        clients(port, _ATTACKERS, endless(hostile, lambda: over), seen["attacks"])
    )
    await asyncio.gather(
        clients(port, _CLIENTS, iter([predict] * counts[0]), seen["predictions"]),
        clients(port, _UPLOADERS, iter([upload] * counts[1]), seen["uploads"]),
    )
    over = True
    await attack
    return seen


async def ended_in(port: int, process: psutil.Process, predict: bytes, hostile: list[bytes]) -> float:
    """Seconds from SIGTERM to the end of the server, while all goes on."""
    at_work = asyncio.ensure_future(
        asyncio.gather(
            clients(port, _CLIENTS, endless([predict], lambda: not process.is_running()), Seen()),
            clients(port, _ATTACKERS, endless(hostile, lambda: not process.is_running()), Seen()),
        )
    )
    await asyncio.sleep(1.0)
    started = time.monotonic()
    process.terminate()
    await asyncio.to_thread(psutil.wait_procs, [process], 30)
    seconds = time.monotonic() - started
    at_work.cancel()
    with suppress(asyncio.CancelledError):
        await at_work
    return seconds


def measure(root: Path, requests: int, uploads: int, options: list[str]) -> int:
    """Everything in turn; the exit code."""
    models = hostile_models(root / "hostile")
    images = [path.read_bytes() for path in sorted((root / "digits" / "test").rglob("*.png"))[:16]]
    predict, upload = (
        request_of("/api/v1/runs/digits/predict", images[:1]),
        request_of("/api/v1/uploads", images),
    )
    with server(root, *options) as port:
        hostile = attacks(port, models)
        calm = Seen()
        asyncio.run(clients(port, 1, iter([predict]), Seen()))
        asyncio.run(clients(port, _CLIENTS, iter([predict] * requests), calm))
        print(calm.line("predictions, in peace"), flush=True)
        seen = asyncio.run(under_attack(port, predict, upload, hostile, (requests, uploads)))
        for name, one in seen.items():
            print(one.line(f"{name}, under attack"), flush=True)
        process = next(one for one in psutil.Process().children() if "serve" in one.cmdline())
        seconds = asyncio.run(ended_in(port, process, predict, hostile))
    faults = sum(one.faults() for one in (calm, *seen.values()))
    slower = seen["predictions"].p99() / calm.p99()
    print(f"5xx: {faults}   p99 under attack: {slower:.2f} times   end after SIGTERM: {seconds:.1f} s")
    return int(faults > 0 or slower > _MOST_SLOWER or seconds > _END_SECONDS)


def main() -> int:
    """Make a folder with a trained network and attack its server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    part = 10 if given.quick else 1
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ.setdefault("CONVONET_HOME", str(root / "home"))
        prepare(root, large=False)
        return measure(root, _REQUESTS // part, _UPLOADS // part, ["--workers", str(given.workers)])


if __name__ == "__main__":
    sys.exit(main())
