"""Sorting on the page: number keys, brush, drag onto an answer, rows, undo, review, and a server that is killed."""

from __future__ import annotations

import csv
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

import convonet

pytestmark = pytest.mark.slow
NAMES = ("0", "1", "7")
PATIENCE_MS = 120_000


@pytest.fixture
def heap(digits: Path, root: Path) -> dict[str, str]:
    """60 digits without order in `heap`: file name → class. Their features are there already."""
    (root / "heap").mkdir()
    truth = {}
    for number, name in enumerate(NAMES):
        for index, file in enumerate(sorted((digits / "train" / name).iterdir())[:20]):
            made = f"{(31 * index + 7 * number) % 97:02}{number}.png"
            shutil.copyfile(file, root / "heap" / made)
            truth[made] = name
    convonet.sort(root / "heap")
    return truth


def labels(folder: Path) -> dict[str, str]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return {row["path"]: row["label"] for row in csv.DictReader(file)}


def shown(page: Any, name: str, truth: dict[str, str]) -> list[Any]:
    """The images of a class that stand on the screen."""
    paths = page.locator(".sort-image img").evaluate_all("all => all.map((e) => e.alt)")
    return [page.locator(f".sort-image:has(img[alt='{path}'])") for path in paths if truth[path] == name]


def answered(page: Any, act: Callable[[], Any], answers: int) -> None:
    """Answer, and wait until the next screen is there."""
    with page.expect_response(re.compile("/screen")) as told:
        act()
    told.value.finished()
    page.get_by_text(f"left after {answers} step").wait_for()
    page.wait_for_timeout(300)


def drag(page: Any, start: Any, end: Any) -> None:
    """Press on one element, move over the page, and let go on another one."""
    for box, act in ((start.bounding_box(), page.mouse.down), (end.bounding_box(), page.mouse.up)):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        act()


def test_a_heap_is_sorted_on_the_page(
    root: Path,
    heap: dict[str, str],
    serve: Callable[..., Any],
    visit: Callable[..., Any],
    axe_faults: Callable[[Any], list[Any]],
) -> None:
    served = serve()
    page = visit(f"{served.url}/#sort/heap")
    page.get_by_label("Classes, separated by commas").fill("0, 1, 7", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Set classes").click()
    page.get_by_role("button", name=re.compile("1 0 0")).wait_for()
    for number, name in enumerate(NAMES):
        for image in shown(page, name, heap)[:3]:
            image.click()
        page.get_by_text("3 selected").wait_for()
        key = str(number + 1)
        answered(page, lambda key=key: page.keyboard.press(key), number + 1)  # type: ignore[misc]
    assert labels(root / "heap") == {path: heap[path] for path in labels(root / "heap")}
    assert len(labels(root / "heap")) == 9

    # Brushed over two images of the first row, dragged onto the answer.
    first = page.locator(".sort-row").first.locator(".sort-image")
    paths = [first.nth(index).locator("img").get_attribute("alt") for index in (0, 1)]
    drag(page, first.nth(0), first.nth(1))
    assert page.locator(".sort-image[aria-pressed=true]").count() == 2
    none = page.get_by_role("button", name=re.compile("None of these"))
    answered(page, lambda: drag(page, first.nth(0), none), 4)
    log = (root / "heap" / "convonet_sort.jsonl").read_text().splitlines()[-1]
    assert "none_of_these" in log
    assert all(path in log for path in paths)

    # A row by its key, and back.
    row = page.locator(".sort-row").first
    name = row.locator("strong").inner_text()
    accepted = row.locator("img").evaluate_all("all => all.map((e) => e.alt)")
    answered(page, lambda: page.keyboard.press("a"), 5)
    assert {labels(root / "heap")[path] for path in accepted} == {name}
    answered(page, lambda: page.keyboard.press("Control+z"), 4)
    assert len(labels(root / "heap")) == 9
    assert axe_faults(page) == []
    page.get_by_role("button", name="Train with these labels").click()
    page.get_by_text("9 training images in 3 classes").wait_for()


def test_folder_names_become_labels_and_doubts_are_reviewed(
    digits: Path, root: Path, serve: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    for name in NAMES:
        (root / "half" / name).mkdir(parents=True)
        for file in sorted((digits / "train" / name).iterdir())[:20]:
            shutil.copyfile(file, root / "half" / name / file.name)
    planted = sorted((root / "half" / "0").iterdir())[:2]
    for file in planted:
        file.rename(root / "half" / "7" / f"planted{file.name}")
    convonet.sort(root / "half")
    page = visit(f"{serve().url}/#sort/half")
    page.get_by_role("button", name="Use folder names as labels").click(timeout=PATIENCE_MS)
    page.get_by_text("0 of 60 images left after 3 steps").wait_for()
    page.get_by_label("Order").select_option("review")
    row = page.locator(".sort-row", has=page.get_by_text("Perhaps 0"))
    row.wait_for()
    assert row.locator("img[alt^='7/planted']").count() == 2
    assert row.get_by_text("now 7").count() == row.locator("img").count()
    row.get_by_role("button", name="Accept row").click()
    row.wait_for(state="detached")
    found = labels(root / "half")
    assert [found[f"7/planted{file.name}"] for file in planted] == ["0", "0"]
    kept = page.locator(".sort-row").first
    if kept.count():
        before = labels(root / "half")
        kept.get_by_role("button", name="Keep labels").click()
        page.get_by_text("5 steps").wait_for()
        assert labels(root / "half") == before


def test_a_server_that_is_killed_loses_no_answer(root: Path, heap: dict[str, str]) -> None:
    rng = random.Random(3)
    told: dict[str, str] = {}
    for turn in range(3):
        with listening(root) as (server, client):
            state = client.post("/sort", json={"folder": "heap"}).raise_for_status().json()
            assert len(heap) - state["left"] == len(told)
            begin = f"/sort/{state['id']}"
            client.post(f"{begin}/classes", json={"names": list(NAMES)}).raise_for_status()
            deadline = time.monotonic() + rng.uniform(0.1, 0.6)
            for path in sorted(heap)[20 * turn : 20 * (turn + 1)]:
                client.post(f"{begin}/labels", json={"paths": [path], "label": heap[path]}).raise_for_status()
                told[path] = heap[path]
                if time.monotonic() > deadline:
                    break
            server.send_signal(signal.SIGKILL)
    assert told
    assert convonet.sort(root / "heap").labels() == told


@contextmanager
def listening(root: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A server of its own process, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "convonet", "serve", "--root", str(root), "--port", str(port)]
    address = f"http://127.0.0.1:{port}/api/v1"
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server,
        httpx.Client(base_url=address, timeout=240, trust_env=False) as client,
    ):
        for _ in range(2400):
            with suppress(httpx.TransportError):
                client.get("/health").raise_for_status()
                break
            time.sleep(0.1)
        yield server, client
        server.kill()
