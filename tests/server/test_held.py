"""What moves while it is read: a link in the place of a run or a file leads nobody out of the root."""

from __future__ import annotations

import io
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image

from convonet.errors import RunNotFoundError
from convonet.server.confine import Root
from convonet.server.held import Held, HeldResponse, HeldRun
from convonet.server.known import ASKED
from convonet.server.refusals import add_handlers
from own_loop import run_in_own_loop

from .conftest import Serve, copied

SECRET = "nobody may read this"
pytestmark = pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="links as Unix has them")


@pytest.fixture
def outside(root: Path, trained_root: Path) -> Path:
    """A run beside the root, with the files of the run in it and another text in each."""
    folder = copied(trained_root, root.parent / "elsewhere") / "runs" / "trained"
    record = folder / "run.json"
    record.write_text(record.read_text().replace('"command": [', f'"command": ["{SECRET}", '))
    (folder / "note.txt").write_text(SECRET)
    (root / "runs" / "trained" / "note.txt").write_text("everybody may read this")
    Image.fromarray(np.full((50, 50), 255, np.uint8)).save(folder / "picture.png")
    Image.fromarray(np.zeros((50, 50), np.uint8)).save(root / "runs" / "trained" / "picture.png")
    return folder


def state(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_size for path in sorted(folder.rglob("*"))}


def replaced(run: Path, outside: Path) -> None:
    """The run's folder goes, and a link stands in its place."""
    run.rename(run.with_name("away"))
    run.symlink_to(outside)


ADDRESSES = [
    "/runs/trained",
    "/runs/trained/files",
    "/runs/trained/files/note.txt",
    "/runs/trained/files/run.json",
    "/runs/trained/result",
    "/runs/trained/history",
    "/runs/trained/evaluation",
    "/runs/trained/sets",
    "/runs/trained/answers",
    "/runs/trained/events",
    "/models?path=trained",
    "/models/file?path=trained",
    "/models?path=runs/trained",
    "/models/file?path=runs/trained/model.keras",
    "/images?path=runs/trained/picture.png",
    "/folders?path=runs/trained",
]


@pytest.mark.parametrize("known", [True, False])
def test_a_run_replaced_by_a_link_is_not_served(serve: Serve, root: Path, outside: Path, known: bool) -> None:
    client = serve().client
    if known:  # the server has seen the folder before
        assert client.get("/runs/trained").status_code == 200
    replaced(root / "runs" / "trained", outside)
    for address in ADDRESSES:
        answer = client.get(address)
        assert (address, answer.status_code) in ((address, 403), (address, 404))
        assert SECRET not in answer.text


@pytest.mark.parametrize("known", [True, False])
def test_a_run_replaced_by_a_link_is_not_deleted(
    serve: Serve, root: Path, outside: Path, known: bool
) -> None:
    client = serve().client
    if known:
        assert client.get("/runs/trained").status_code == 200
    before = state(outside)
    replaced(root / "runs" / "trained", outside)
    assert client.delete("/runs/trained").status_code == 404
    assert client.post("/runs/trained/cancel").status_code == 404
    assert client.post("/runs/trained/resume").status_code == 404
    assert state(outside) == before


def test_a_run_that_is_another_by_now_is_not_deleted(root: Path, outside: Path) -> None:
    run = root / "runs" / "trained"
    held = HeldRun(run, root)
    before = state(outside)
    replaced(run, outside)
    with pytest.raises(OSError, match=r"been moved|Another folder|No such file"):
        held.remove()
    run.unlink()
    shutil.copytree(outside, run)
    with pytest.raises(OSError, match="Another folder"):
        held.remove()
    assert state(outside) == before
    assert (run / "run.json").is_file()
    assert "everybody" in held.file("note.txt").read_text()


def test_a_parent_that_is_a_link_by_now(root: Path, outside: Path) -> None:
    held = HeldRun(root / "runs" / "trained", root)
    (root / "runs").rename(root / "old")
    (root / "runs").symlink_to(outside.parent)
    before = state(outside)
    with pytest.raises(OSError, match=r"been moved|Another folder|No such file"):
        held.remove()
    assert state(outside) == before


def test_links_among_old_answers_are_left_alone(serve: Serve, root: Path, outside: Path) -> None:
    asked = root / "runs" / ASKED
    asked.mkdir(parents=True)
    (asked / "question-old").symlink_to(outside)
    served = serve()
    for _ in range(3):
        served.parts.queue._sweep_asked()
    assert (outside / "run.json").is_file()
    with pytest.raises(RunNotFoundError):
        served.parts.known.find("question-old")


def test_what_is_open_stays_the_same_file(root: Path, outside: Path) -> None:
    file = root / "runs" / "trained" / "note.txt"
    held = Root(root).opened(file)
    file.unlink()
    file.symlink_to(outside / "note.txt")
    assert "everybody" in held.path.read_text()
    assert Root(root).holds(held.real)
    assert not Root(root).holds(Held(file).real)


def test_an_open_file_is_closed_once_it_is_let_go(root: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else None
    for _ in range(50):
        Held(root / "runs" / "trained" / "run.json")
        HeldRun(root / "runs" / "trained", root)
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) <= before + 2


@contextmanager
def swapping(run: Path, outside: Path) -> Iterator[Callable[[], int]]:
    """While the run's folder and a link to another take turns in one place, as fast as the disk lets them."""
    away, count, ended = run.with_name("away"), 0, threading.Event()

    def swap() -> None:
        nonlocal count
        while not ended.is_set():
            run.rename(away)
            run.symlink_to(outside)
            run.unlink()
            away.rename(run)
            count += 1

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield lambda: count
    finally:
        ended.set()
        thread.join()


def test_a_race_is_never_won(serve: Serve, root: Path, outside: Path) -> None:
    client = serve().client
    run = root / "runs" / "trained"
    before = state(outside)
    addresses = [*ADDRESSES[:9], *ADDRESSES[10:13], "/images?path=runs/trained/picture.png&side=50"]
    white = (outside / "picture.png").read_bytes()
    seen: set[int] = set()
    with swapping(run, outside) as swaps:
        start = time.monotonic()
        # A machine with much else to do may need longer until a request meets the folder in its place.
        while time.monotonic() < start + (2 if 200 in seen and swaps() > 100 else 120):
            for address in addresses:
                answer = client.get(address)
                seen.add(answer.status_code)
                assert SECRET not in answer.text, address
                assert answer.content != white
                if address.startswith("/images") and answer.status_code == 200:
                    assert np.asarray(Image.open(io.BytesIO(answer.content))).max() == 0
    assert swaps() > 100
    assert 200 in seen
    assert seen <= {200, 403, 404, 409, 422}
    assert state(outside) == before


def test_deleting_in_a_race_removes_nothing_outside(serve: Serve, root: Path, outside: Path) -> None:
    client = serve().client
    run = root / "runs" / "trained"
    before = state(outside)
    stop = threading.Event()

    def swap() -> None:
        away = run.with_name("away")
        while not stop.is_set():
            try:
                run.rename(away)
                run.symlink_to(outside)
                run.unlink()
                away.rename(run)
            except OSError:  # it was deleted at last
                return

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(200):
            if client.delete("/runs/trained").status_code == 204:
                break
    finally:
        stop.set()
        thread.join()
    assert state(outside) == before


def test_a_folder_in_the_place_of_a_file_is_no_answer(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        HeldResponse(Held(root / "runs"))


def test_what_goes_while_it_is_read_is_not_found() -> None:
    app = FastAPI()
    add_handlers(app)

    @app.get("/size")
    def size() -> int:
        return Path("not-here").stat().st_size

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return await client.get("/size")

    answer = run_in_own_loop(ask())
    assert answer.status_code == 404
    assert "moved or deleted" in answer.json()["detail"]
