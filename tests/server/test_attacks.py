"""What an attacker tries: each is refused with the right status, and nothing outside the root is read or written."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from convonet.server.protocol import GuardedProtocol
from served import wait

from .conftest import DATA, QUICK, Serve, Served, limits

TOKEN = "a-token-for-tests"
SECRET = b"nobody may read this"


@pytest.fixture
def secret(root: Path) -> Iterator[Path]:
    """A folder beside the root with an image set and a text; unchanged after the test."""
    folder = root.parent / "outside"
    (folder / "a").mkdir(parents=True)
    (folder / "b").mkdir()
    image = next((root / "digits" / "train" / "7").iterdir()).read_bytes()
    for name in ("a/1.png", "b/2.png"):
        (folder / name).write_bytes(image)
    (folder / "secret.txt").write_bytes(SECRET)
    before = _state(root.parent, root)
    yield folder
    assert _state(root.parent, root) == before


def _state(folder: Path, without: Path) -> dict[str, tuple[int, int]]:
    """Every file of a folder but for those of one below it."""
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if without not in path.parents and path != without
    }


OUTSIDE = (
    "../outside/secret.txt",
    "digits/../../outside/secret.txt",
    "{outside}/secret.txt",
    "link/secret.txt",
    "file.txt",
    "digits/train/../../../outside/a/1.png",
    "//etc/passwd",
    "/etc/passwd",
)
ENCODED = (
    "..%2f..%2f..%2foutside%2fsecret.txt",
    "%2e%2e/%2e%2e/%2e%2e/outside/secret.txt",
    "..%252f..%252foutside",
    "%2fetc%2fpasswd",
    "....//....//outside/secret.txt",
    "..%5c..%5coutside%5csecret.txt",
    "secret%00.txt",
    "link.txt",
)


def test_paths_that_lead_out(serve: Serve, root: Path, secret: Path) -> None:
    (root / "link").symlink_to(secret)
    (root / "file.txt").symlink_to(secret / "secret.txt")
    client = serve().client
    for text in OUTSIDE:
        path = text.format(outside=secret)
        for address in ("/images", "/folders"):
            answer = client.get(address, params={"path": path})
            assert answer.status_code == 403, (address, path)
            assert SECRET not in answer.content
        folder = os.path.dirname(path) or path
        for data in ({"train_dir": folder}, DATA | {"test_dir": folder}, DATA | {"result_dir": folder}):
            if path == "file.txt" and "result_dir" in data:
                continue
            answer = client.post("/runs", json={"kind": "train", "data": data, "hyper": QUICK})
            inside = folder in ("digits/train/..", "digits")
            assert answer.status_code == 403 or inside, (data, answer.text)
        answer = client.post("/runs", json={"kind": "export", "options": {"model": path}})
        assert answer.status_code == 403, path
    names = [entry["name"] for entry in client.get("/folders").json()["entries"]]
    assert {"link", "file.txt"}.isdisjoint(names)


def test_encoded_paths_that_lead_out(serve: Serve, root: Path, secret: Path) -> None:
    (root / "runs" / "trained" / "link.txt").symlink_to(secret / "secret.txt")
    served = serve()
    for text in ENCODED:
        for address in (f"runs/trained/files/{text}", f"runs/{text}", f"runs/{text}/files/run.json"):
            answer = _raw(served, f"GET /api/v1/{address} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert answer.split(b" ")[1] in (b"400", b"403", b"404", b"422"), (address, answer[:100])
            assert SECRET not in answer
        answer = _raw(served, f"GET /{text} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert answer.split(b" ")[1] in (b"400", b"404"), text
    listed = served.client.get("/runs/trained/files").json()["files"]
    assert "link.txt" not in [file["name"] for file in listed]


def test_sets_whose_images_lie_outside(serve: Serve, root: Path, secret: Path) -> None:
    (root / "set" / "a").mkdir(parents=True)
    (root / "set" / "b").symlink_to(secret / "b")
    (root / "set" / "a" / "1.png").symlink_to(secret / "a" / "1.png")
    (root / "table.csv").write_text(f"path,label\n{secret}/a/1.png,a\n../outside/b/2.png,b\n")
    client = serve().client
    for name in ("set", "table.csv"):
        assert client.post("/datasets", json={"data": {"train_dir": name}}).status_code == 403
        wish = {"kind": "train", "data": {"train_dir": name}, "hyper": QUICK}
        assert client.post("/runs", json=wish).status_code == 403
        assert client.get("/images", params={"path": "set/a/1.png"}).status_code == 403


def test_names_of_runs_that_lead_out(serve: Serve, secret: Path) -> None:
    client = serve().client
    for name in ("../x", "/tmp/x", "a/b", "..", "", "x\0y", "a:b"):
        wish = {"kind": "train", "data": DATA, "hyper": QUICK, "name": name}
        assert client.post("/runs", json=wish).status_code == 422, name
    assert client.delete("/runs/..").status_code in (404, 405)
    assert client.delete("/runs/%2e%2e").status_code in (404, 405)
    assert client.get("/runs", params={"limit": 1}).json()["total"] == 1


def test_a_base_outside_is_refused(serve: Serve, secret: Path) -> None:
    client = serve().client
    for hyper in (
        {"family": "transfer", "base": f"{secret}/m.keras"},
        {"base": "../outside/m.h5"},
        {"base": "mobilenet_v2", "base_weights": "/etc/passwd"},
    ):
        assert client.post("/runs", json={"kind": "train", "data": DATA, "hyper": hyper}).status_code == 403


def test_uploads_that_are_too_large_or_lie(serve: Serve, secret: Path) -> None:
    served = serve(limits=limits(upload_bytes=100_000, body_bytes=5_000, files=3))
    image = served.image().read_bytes()
    predict = "/runs/trained/predict"
    assert served.client.post(predict, files={"files": image}).status_code == 200
    assert served.client.post(predict, files=[("files", image)] * 4).status_code == 413
    assert served.client.post(predict, files={"files": bytes(200_000)}).status_code == 413
    assert served.client.post(predict, files={"files": b""}).json()["predictions"][0]["error"]
    assert served.client.post(predict, files={"other": image}).status_code == 422
    assert served.client.post(predict, json={}).status_code == 415
    assert served.client.post("/params/check", json={"data": {"x": "y" * 6_000}}).status_code == 413

    def endless() -> Iterator[bytes]:
        yield b"--x\r\n"
        for _ in range(100):
            yield b"a" * 10_000

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert _status_of_stream(served, predict, endless(), kind) in (400, 413)
    head = b"POST /api/v1/params/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert b" 413 " in _raw(served, head + b"Content-Length: 99999999999999999999\r\n\r\n")
    assert b" 400 " in _raw(served, head + b"Content-Length: -5\r\n\r\n{}")
    assert b" 400 " in _raw(served, head + b"Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}     ")
    chunked = (
        head
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + (b"1000\r\n" + b" " * 4096 + b"\r\n") * 3
        + b"0\r\n\r\n"
    )
    assert b" 413 " in _raw(served, chunked)
    both = head + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"
    assert _raw(served, both).split(b" ")[1] in (b"400", b"422")
    assert served.client.get("/health").status_code == 200


def _status_of_stream(served: Served, path: str, content: Iterator[bytes], headers: dict[str, str]) -> int:
    try:
        return served.client.post(path, content=content, headers=headers).status_code
    except httpx.WriteError:  # the server has answered and closed before all was sent
        return 413


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"data": ' * 20_000,
        b'{"data": {"image_size": 1' + b"0" * 5_000 + b"}}",
        b'{"data": {"image_size": 1e999, "train_dir": "\\ud800"}}',
        b'{"data": {"train_dir": "a\\u0000b"}}',
        b"\xff\xfe",
        b"",
    ],
)
def test_json_that_is_none_or_absurd(shared: Served, content: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    for address in ("/params/check", "/datasets", "/runs"):
        answer = shared.client.post(address, content=content, headers=kind)
        assert answer.status_code in (400, 422), (address, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


def test_broken_multipart(shared: Served) -> None:
    path, image = f"/runs/{shared.run}/predict", shared.image().read_bytes()
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n' + image
    cases: list[tuple[str, bytes, int]] = [
        ("multipart/form-data", part, 415),
        ("multipart/form-data; boundary=" + "y" * 300, part, 415),
        ("multipart/form-data; boundary=x", part, 400),
        ("multipart/form-data; boundary=x", b"", 400),
        ("multipart/form-data; boundary=x", b"nonsense", 400),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422),
        ("multipart/form-data; boundary=x", b"--x\r\nno header" + b"\r\n" * 5, 400),
        ("image/png", image, 415),
    ]
    for kind, content, status in cases:
        answer = shared.client.post(path, content=content, headers={"Content-Type": kind})
        assert answer.status_code == status, (kind, content[:40], answer.text)
    whole = part + b"\r\n--x--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert shared.client.post(path, content=whole, headers=kind).status_code == 200


def test_a_long_range_takes_no_time(shared: Served) -> None:
    """Starlette before 0.49.1 took the square of its length: most of a minute, in which nobody else was answered."""
    path, began = f"/runs/{shared.run}/files/model.keras", time.monotonic()
    answer = shared.client.get(path, headers={"Range": "bytes=" + "0" * 60_000})
    assert answer.status_code == 400
    assert time.monotonic() - began < 15


def test_decompression_bombs(serve: Serve, root: Path, secret: Path) -> None:
    bomb = _png(14_000, 14_000)
    (root / "bomb.png").write_bytes(bomb)
    served = serve(limits=limits(pixels=1_000_000))
    for content in (bomb, _png(2_000, 2_000)):
        found = served.client.post("/runs/trained/predict", files={"files": content}).json()
        assert "too large" in found["predictions"][0]["error"]
    assert served.client.get("/images", params={"path": "bomb.png"}).status_code == 422


def _png(height: int, width: int) -> bytes:
    """A grey image of zeros, squeezed a thousandfold."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    squeezer = zlib.compressobj(9)
    rows = b"".join(squeezer.compress(bytes(width + 1)) for _ in range(height)) + squeezer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.slow
def test_models_of_strangers_run_no_code(serve: Serve, root: Path, secret: Path) -> None:
    """They are opened by a worker in safe mode; the run fails with a reason, and the server is as before."""
    mark = secret / "was here"
    code = f"__import__('pathlib').Path({str(mark)!r}).touch()"
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"layers": [{"module": "builtins", "class_name": "exec", "config": {"source": code}}]},
    }
    with zipfile.ZipFile(root / "evil.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"")
        archive.writestr("../../outside/planted", b"x")
    (root / "evil.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + os.urandom(2000))
    (root / "evil.onnx").write_bytes(os.urandom(2000))
    client = serve().client
    for name in ("evil.keras", "evil.h5", "evil.onnx"):
        wish: dict[str, Any] = {
            "kind": "predict",
            "options": {"model": name, "paths": ["digits/test/7"], "scaling": "unit"},
        }
        run = client.post("/runs", json=wish).json()["id"]
        record = _ended(client, run)
        assert record["state"] == "failed", record
        assert record["error"]["type"] == "ModelFileError", record["error"]
    assert not mark.exists()
    assert client.get("/health").status_code == 200


def test_descriptions_of_models_are_bounded(serve: Serve, root: Path) -> None:
    with zipfile.ZipFile(root / "swollen.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("convonet.json", bytes(64 * 2**20))
    (root / "random.onnx").write_bytes(os.urandom(2000))
    (root / "cut.keras").write_bytes(b"PK\x03\x04 and no more")
    client = serve().client
    for name in ("swollen.keras", "random.onnx", "cut.keras"):
        answer = client.get("/models", params={"path": name})
        assert (answer.status_code, answer.json()["error"]["type"]) == (422, "ModelFileError"), name


def _ended(client: httpx.Client, run: str, seconds: float = 120) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        record: dict[str, Any] = client.get(f"/runs/{run}").json()
        if record["state"] not in ("waiting", "running"):
            return record
        time.sleep(0.1)
    raise AssertionError(f"{run} has not ended")


def test_the_token(serve: Serve) -> None:
    served = serve(token=TOKEN)
    client = served.client
    assert client.get("/health").json()["token_needed"]
    for path in ("/runs", "/about", "/metrics", "/images?path=x", "/runs/trained/events", "/nothing"):
        for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": f"Basic {TOKEN}"}):
            answer = client.get(path, headers=headers)
            assert answer.status_code == 401, (path, headers)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert TOKEN not in answer.text
    assert client.post("/runs/trained/predict", files={"files": b"x"}).status_code == 401
    assert client.delete("/runs/trained").status_code == 401
    assert client.get("/runs", params={"token": TOKEN}).status_code == 401
    assert client.get("/runs", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert client.post("/login", json={"token": "another-token"}).status_code == 401
    assert client.get("/runs").status_code == 401
    assert client.post("/login", json={"token": TOKEN}).status_code == 204
    assert client.get("/runs").status_code == 200
    assert client.post("/logout").status_code == 204
    assert client.get("/runs").status_code == 401


def test_the_cookie_is_for_this_site_and_no_script(serve: Serve) -> None:
    cookie = serve(token=TOKEN).client.post("/login", json={"token": TOKEN}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_requests_of_other_web_sites(serve: Serve, root: Path) -> None:
    served = serve()
    wish = {"kind": "train", "data": DATA, "hyper": QUICK}
    foreign: list[dict[str, str]] = [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://localhost:{served.port + 1}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ]
    for headers in foreign:
        assert served.client.post("/runs", json=wish, headers=headers).status_code == 403, headers
        assert served.client.delete("/runs/trained", headers=headers).status_code == 403, headers
        upload = {"files": served.image().read_bytes()}
        assert served.client.post("/runs/trained/predict", files=upload, headers=headers).status_code == 403
    assert served.client.get("/runs", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    own = {"Origin": served.url, "Sec-Fetch-Site": "same-origin"}
    assert served.client.post("/params/check", json={}, headers=own).status_code == 200
    assert (root / "runs" / "trained" / "run.json").is_file()
    assert "access-control-allow-origin" not in served.client.get("/runs").headers


def test_a_name_that_is_not_the_servers(serve: Serve) -> None:
    served = serve(names=("lab.example",))
    for name, status in (
        ("evil.example", 421),
        ("evil.example:8765", 421),
        ("", 421),
        ("localhost.evil.example", 421),
        ("localhost", 200),
        (f"127.0.0.1:{served.port}", 200),
        ("[::1]:80", 200),
        ("lab.example", 200),
    ):
        assert served.client.get("/runs", headers={"Host": name}).status_code == status, name


def test_every_answer_is_secured(shared: Served) -> None:
    for path in ("/health", "/nothing", f"{shared.url}/", f"{shared.url}/openapi.json"):
        headers = shared.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers


def test_slow_clients(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GuardedProtocol, "head_seconds", 0.4)
    served = serve(limits=limits(read_seconds=0.4))
    started = time.monotonic()
    assert b" 408 " in _raw(served, b"GET /api/v1/health HTTP/1.1\r\nHost: loc")
    assert b" 408 " in _raw(served, b"")
    drip = [b"G", b"ET ", b"/", b"x", b"y", b"z"]
    assert b" 408 " in _raw(served, *drip, pause=0.1)
    body = b"POST /api/v1/params/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert b" 408 " in _raw(served, body + b"Content-Length: 100\r\n\r\n{")
    predict = b"POST /api/v1/runs/trained/predict HTTP/1.1\r\nHost: localhost\r\n"
    predict += b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100\r\n\r\n"
    assert b" 408 " in _raw(served, predict, b"--x", b"\r\n", pause=0.1)
    # With the limits of a server as people start it, a minute each.
    assert time.monotonic() - started < 50
    monkeypatch.setattr(GuardedProtocol, "head_seconds", 60)
    assert served.client.get("/health").status_code == 200


def _raw(served: Served, *parts: bytes, pause: float = 0.0) -> bytes:
    """What the server says to bytes, until it closes the connection or has said a whole head."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                break
            time.sleep(pause)
        said = b""
        try:
            while b"\r\n\r\n" not in said or said.count(b"HTTP/1.1 100"):
                more = connection.recv(65536)
                if not more:
                    break
                said += more
        except OSError:
            pass
        return said


ENDLESS = r"(?P<label>(\w+\w+)+)\."


def test_a_pattern_without_end_holds_nobody(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convonet.data.matching._SECONDS", 1.0)
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("convonet.data.matching.time", SimpleNamespace(monotonic=lambda: clock.now))
    served = serve()
    folder = served.root / "named"
    folder.mkdir()
    (folder / ("a" * 60 + "!.png")).write_bytes(served.image().read_bytes())
    wish = {"data": {"train_dir": "named", "label_pattern": ENDLESS}}
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(served.client.post, "/datasets", json=wish) for _ in range(8)]
        # Two wait for the pattern while the others are refused and the server answers all else.
        wait(lambda: sum(each.done() for each in asked) == 6)
        assert served.client.get("/runs").status_code == 200
        clock.now = 2.0
    answers = sorted((each.result() for each in asked), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [422] * 2 + [429] * 6
    assert "takes longer than 1 seconds" in answers[0].json()["error"]["details"]["faults"]["label_pattern"]


@pytest.mark.parametrize(
    "pattern", ["(", "[a-z]+", "(" * 900, "(?P<label>a{99999999999999999999})", "x" * 5000]
)
def test_a_pattern_that_is_none_is_refused(shared: Served, pattern: str) -> None:
    wish = {"data": {"train_dir": "digits/train/7", "label_pattern": pattern}}
    answer = shared.client.post("/datasets", json=wish)
    assert answer.status_code == 422, answer.text
    assert "expected a regular expression" in answer.json()["detail"]


def test_the_access_log_holds_no_secret(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    import logging

    served = serve(token=TOKEN)
    log = logging.getLogger("convonet.access")
    log.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO, "convonet.access"):
            served.client.get("/runs", params={"token": TOKEN}, headers={"Authorization": f"Bearer {TOKEN}"})
            served.client.get("/a%0d%0aHTTP/1.1 200 forged")
            wait(lambda: "forged" in caplog.text)
    finally:
        log.removeHandler(caplog.handler)
    lines = caplog.text
    assert "GET /api/v1/runs 200" in lines
    assert TOKEN not in lines
    assert "\nHTTP/1.1 200 forged" not in lines
