"""Sums, time and processes have bounds: one client's images, files and open connections do not hold up others."""

from __future__ import annotations

import gc
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import psutil
import pytest
from onnx import TensorProto, helper
from PIL import Image

from convonet.errors import ConvonetError, ModelFileError
from convonet.inference.model_info import ModelInfo
from convonet.inference.onnx_file import PROPERTY
from convonet.inference.onnx_model import OnnxModel
from convonet.params import PixelParams
from convonet.server import model_process, upload_folders
from convonet.server.model_process import ModelProcess
from convonet.server.routes import predict

from .conftest import Serve, Served, limits

INFO = ModelInfo(classes=("a", "b"), pixels=PixelParams(4, 4, 1))


def png(side: int = 8, mode: str = "1") -> bytes:
    content = io.BytesIO()
    Image.new(mode, (side, side)).save(content, "PNG")
    return content.getvalue()


def hostile(path: Path, rounds: int, side: int) -> Path:
    """An ONNX file without loops: `rounds` products of matrices of side × side, known only when it runs."""
    nodes = [
        helper.make_node("Reshape", ["x", "row"], ["flat"]),
        helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[0, 1], keepdims=1),
        helper.make_node("Expand", ["mean", "square"], ["m0"]),
    ]
    nodes += [helper.make_node("MatMul", [f"m{i}", f"m{i}"], [f"m{i + 1}"]) for i in range(rounds)]
    nodes += [
        helper.make_node("ReduceMean", [f"m{rounds}"], ["last"], axes=[0, 1], keepdims=1),
        helper.make_node("MatMul", ["flat", "kernel"], ["sums"]),
        helper.make_node("Add", ["sums", "last"], ["added"]),
        helper.make_node("Softmax", ["added"], ["y"]),
    ]
    held = [
        helper.make_tensor("row", TensorProto.INT64, [2], [-1, 16]),
        helper.make_tensor("square", TensorProto.INT64, [2], [side, side]),
        helper.make_tensor("kernel", TensorProto.FLOAT, [16, 2], [0.0] * 32),
    ]
    ends = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
        for n, s in (("x", ["n", 4, 4, 1]), ("y", ["n", 2]))
    ]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], held)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    made.metadata_props.add(key=PROPERTY, value=INFO.to_json())
    onnx.save(made, path)
    return path


def test_a_process_answers_as_the_model_itself(trained_root: Path) -> None:
    file = trained_root / "runs" / "trained" / "model.onnx"
    own = OnnxModel.load(file, threads=1)
    apart = ModelProcess(file, 1)
    images = np.random.default_rng(1).integers(0, 256, (5, *own.info.pixels.shape), np.uint8)
    assert apart.info == own.info
    for _ in range(2):
        np.testing.assert_array_equal(apart.predict(images, batch_size=2), own.predict(images, batch_size=2))
    process = psutil.Process(apart.process)
    apart.close()
    assert not process.is_running()


def test_a_model_answers_though_its_file_is_gone(trained_root: Path, tmp_path: Path) -> None:
    shutil.copy(trained_root / "runs" / "trained" / "model.onnx", tmp_path)
    model = ModelProcess(tmp_path / "model.onnx", 1)
    (tmp_path / "model.onnx").unlink()
    images = np.zeros((2, *model.info.pixels.shape), np.uint8)
    assert [model.predict(images, batch_size=1).shape for _ in range(3)] == [(2, 3)] * 3


def test_predictions_side_by_side(serve: Serve) -> None:
    """Also when the handle that the model was opened through has long been let go."""
    served = serve()
    image = served.image().read_bytes()

    def one(_: int) -> int:
        return served.client.post(f"/runs/{served.run}/predict", files=[("files", image)]).status_code

    with ThreadPoolExecutor(16) as pool:
        for _ in range(3):
            assert set(pool.map(one, range(32))) == {200}
            gc.collect()


def test_a_network_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    model = ModelProcess(hostile(tmp_path / "m.onnx", rounds=400, side=2000), 1)
    # Only what it computes has so little time: a process needs some to start.
    model._seconds = 1
    with pytest.raises(ModelFileError, match="time limit of 1 seconds"):
        model.predict(np.ones((1, 4, 4, 1), np.uint8), batch_size=1)
    assert not model.alive


@pytest.mark.skipif(sys.platform != "linux", reason="the bound on memory is Linux's")
def test_a_network_that_takes_too_much_memory_cannot_compute(tmp_path: Path) -> None:
    model = ModelProcess(hostile(tmp_path / "m.onnx", rounds=1, side=40_000), 1)
    with pytest.raises(ConvonetError, match=r"cannot compute|memory limit"):
        model.predict(np.ones((1, 4, 4, 1), np.uint8), batch_size=1)
    model.close()


def test_a_file_that_is_no_model_ends_its_process(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"no model")
    with pytest.raises(ModelFileError):
        ModelProcess(tmp_path / "m.onnx", 1)


def test_the_server_reads_of_a_model_without_opening_it(
    serve: Serve, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile(root / "slow.onnx", rounds=3000, side=3000)
    monkeypatch.setattr(model_process, "ModelProcess", None)
    found = serve().client.get("/models", params={"path": "slow.onnx"}).json()
    assert found["info"]["classes"] == ["a", "b"]


def test_a_model_that_takes_long_holds_up_no_other(
    serve: Serve, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is opened once; asked again, the answer is at hand."""
    evil = root / "runs" / "evil"
    evil.mkdir()
    shutil.copy(root / "runs" / "trained" / "run.json", evil)
    hostile(evil / "model.onnx", rounds=3000, side=2000)
    served = serve()
    files = [("files", served.image().read_bytes())]
    assert served.client.post(f"/runs/{served.run}/predict", files=files).status_code == 200
    monkeypatch.setattr(model_process, "ANSWER_SECONDS", 3)
    with ThreadPoolExecutor(8) as pool:
        slow = [pool.submit(served.client.post, "/runs/evil/predict", files=files) for _ in range(4)]
        time.sleep(0.5)
        assert served.client.post(f"/runs/{served.run}/predict", files=files).status_code == 200
        assert not any(answer.done() for answer in slow)
        assert {answer.result().status_code for answer in slow} == {422}
    started = time.monotonic()
    assert served.client.post("/runs/evil/predict", files=files).status_code == 422
    assert time.monotonic() - started < model_process.ANSWER_SECONDS


def test_uploads_side_by_side(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_folders, "_KEPT", 3)
    served = serve()

    def one(number: int) -> int:
        files = [("files", (f"{i}.png", png(), "image/png")) for i in range(3)]
        return served.client.post("/uploads", files=files).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(one, range(100))) == {201}
    kept = [path for path in (served.root / "runs" / ".asked").iterdir() if path.name.startswith("upload-")]
    assert len(kept) == 3


def begun(served: Served, told: int, sent: bytes) -> socket.socket:
    """A request with images that says it has so many bytes, and sends few."""
    opened = socket.create_connection(("127.0.0.1", served.port), timeout=30)
    head = (
        f"POST /api/v1/runs/{served.run}/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {told}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    opened.sendall(head.encode() + sent)
    return opened


def test_open_requests_that_send_nothing_take_nothing_from_others(serve: Serve) -> None:
    served = serve(limits=limits(waiting_bytes=2**20, upload_bytes=2**20))
    slow = [begun(served, 2**20, b"--b\r\n") for _ in range(12)]
    try:
        for _ in range(3):
            answer = served.client.post(
                f"/runs/{served.run}/predict", files=[("files", served.image().read_bytes())]
            )
            assert answer.status_code == 200
    finally:
        for opened in slow:
            opened.close()


def test_bytes_that_have_come_count(serve: Serve) -> None:
    served = serve(limits=limits(waiting_bytes=2**20, upload_bytes=2**20))
    part = b'--b\r\ncontent-disposition: form-data; name="files"\r\n\r\n'
    slow = [begun(served, 2**20, part + b"x" * 600_000) for _ in range(2)]
    try:
        end = time.monotonic() + 60
        while served.parts.upload_bytes < 500_000 and time.monotonic() < end:
            time.sleep(0.02)
        assert 500_000 <= served.parts.upload_bytes <= 2**20
    finally:
        for opened in slow:
            opened.close()


@pytest.mark.parametrize("address", ["/runs/{run}/predict", "/uploads"])
def test_images_with_many_pixels_together(serve: Serve, address: str) -> None:
    served = serve(limits=limits(request_pixels=3 * 10**6))
    files = [("files", (f"{i}.png", png(1000), "image/png")) for i in range(4)]
    answer = served.client.post(address.format(run=served.run), files=files)
    assert answer.status_code == 413
    assert "pixels in total" in answer.json()["detail"]
    assert served.client.post(address.format(run=served.run), files=files[:3]).status_code in (200, 201)


def test_heavy_images_have_a_budget_of_time_and_the_same_answers(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "_HEAVY", 0)
    served = serve()
    path = f"/runs/{served.run}/predict"
    files = [("files", ("a.png", served.image(name).read_bytes())) for name in ("0", "1", "7")]
    heavy = served.client.post(path, files=files).json()
    monkeypatch.setattr(predict, "_HEAVY", 10**9)
    assert heavy == served.client.post(path, files=files).json()
    late = serve(limits=limits(decode_seconds=1e-9))
    monkeypatch.setattr(predict, "_HEAVY", 0)
    answers = late.client.post(path, files=files).json()["predictions"]
    assert all("took longer than" in answer["error"] for answer in answers)


def bomb(path: Path, arrays: dict[str, tuple[str, tuple[int, ...]]], real: int = 1000) -> Path:
    """A .npz file whose arrays say they are of such kinds and shapes, and hold a few zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (kind, shape) in arrays.items():
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(
                header, {"descr": kind, "fortran_order": False, "shape": shape}
            )
            archive.writestr(f"{name}.npy", header.getvalue() + bytes(real))
    return path


@pytest.mark.parametrize(
    "arrays",
    [
        {"x_train": ("|u1", (10**9, 1, 1)), "y_train": ("<i8", (10**9,))},
        {"x_train": ("|u1", (100, 8, 8)), "y_train": ("<i8", (10**10,))},
        {"x_train": ("|u1", (100, 8, 8)), "y_train": ("<U100000000", (100,))},
        {"x_train": ("|u1", (100, 8, 8)), "y_train": ("|u1", (100,)), "class_names": ("<U9", (10**10,))},
        {"x_train": ("|u1", (100, 8, 8)), "y_train": ("|u1", (100,)), "class_names": ("<U100000000", (2,))},
        {"x_train": ("|u1", (10**6, 10**6, 10**6)), "y_train": ("|u1", (10**6,))},
        {"x_train": ("|O", (100, 8, 8)), "y_train": ("|O", (100,))},
    ],
)
def test_arrays_that_say_they_are_huge(shared: Served, arrays: Any) -> None:
    file = bomb(shared.root / "bomb.npz", arrays)
    before = psutil.Process().memory_info().rss
    found = shared.client.post("/datasets", json={"data": {"train_dir": file.name}})
    # The other tests of this server see the folder as it was.
    file.unlink()
    assert found.status_code in (200, 422)
    if found.status_code == 200:
        assert found.json()["errors"]["train"]["type"] == "DataError"
    assert psutil.Process().memory_info().rss - before < 200 * 2**20


def test_a_row_of_a_large_array_is_shown_without_the_others(serve: Serve, root: Path) -> None:
    images = np.random.default_rng(1).integers(0, 256, (50, 60, 60), np.uint8)
    np.savez_compressed(root / "a.npz", x_train=images, y_train=np.arange(50) % 2)
    small, large = serve(), serve(limits=limits(array_bytes=1000))
    for row in (0, 7, 49):
        query = {"path": f"a.npz#x_train/{row}", "side": 60}
        shown = large.client.get("/images", params=query)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(shown.content)).convert("L")), images[row])
        assert shown.content == small.client.get("/images", params=query).content
    assert large.client.get("/images", params={"path": "a.npz#x_train/50"}).status_code == 404


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals as Unix has them")
def test_the_server_ends_soon_after_a_signal(root: Path) -> None:
    """Also while predictions of a model are under way that takes longer than anybody waits."""
    run = root / "runs" / "trained"
    (run / "model.keras").unlink()
    hostile(run / "model.onnx", rounds=3000, side=2000)
    command = [sys.executable, "-m", "convonet", "serve", "--root", str(root), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        assert server.stdout is not None
        line = next(text for text in server.stdout if "http://" in text)
        port = int(line.split("http://", 1)[1].split(":", 1)[1].split("/", 1)[0])
        opened = socket.create_connection(("127.0.0.1", port), timeout=30)
        body = (
            b'--b\r\ncontent-disposition: form-data; name="files"; filename="a"\r\n\r\n'
            + png()
            + b"\r\n--b--\r\n"
        )
        opened.sendall(
            b"POST /api/v1/runs/trained/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n%s" % (len(body), body)
        )
        time.sleep(3)
        children = psutil.Process(server.pid).children(recursive=True)
        started = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        assert time.monotonic() - started < 25
        assert b" 503 " in opened.recv(1000)
        opened.close()
        _, alive = psutil.wait_procs(children, timeout=60)
        assert not alive
