"""The page with a real set, with very many images, with two watchers, and with a server that is killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
MANY = 40_000


def use(page: Any, url: str, data: dict[str, str], hyper: dict[str, str], name: str = "data") -> None:
    """The page as somebody sees it who has chosen these."""
    page.locator("#rail a").first.wait_for()
    page.evaluate(
        "known => localStorage.setItem('convonet', JSON.stringify(known))", {"data": data, "hyper": hyper}
    )
    page.goto(f"{url}/?again#{name}")
    page.locator(f"#rail a[aria-current=page][href='#{name}']").wait_for(state="attached")


@pytest.mark.data
def test_the_whole_way_on_a_real_set(
    real_data: Callable[[str], Path],
    serve: Callable[..., Any],
    root: Path,
    visit: Callable[..., Any],
    go: Callable[..., None],
    drop: Callable[..., None],
) -> None:
    shutil.copytree(real_data("mnist_png"), root / "mnist_png")
    served = serve()
    page = visit(served.url)
    page.get_by_role("button", name="Choose training images").click()
    page.get_by_role("dialog").get_by_role("button", name="mnist_png /").click()
    page.get_by_role("dialog").get_by_role("button", name="testing /").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Use this folder").click()
    page.get_by_text("8,000 training and 2,000 test images in 10 classes").wait_for()
    go(page, "params")
    page.get_by_role("radio", name="Expert").check()
    # Expert begins with the plan's values, for these images those of a pretrained network. Another network
    # takes none of them, not even the size of the images.
    page.locator("#hyper-family").select_option("convonet")
    page.locator("#hyper-num_filters").wait_for()
    group = page.locator("#hyper-epochs")
    group.evaluate("field => { field.closest('details').open = true; }")
    group.fill("2")
    go(page, "network")
    page.get_by_text("818,026").first.wait_for(timeout=240_000)
    go(page, "train")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text(re.compile("Epoch [12] of 2")).first.wait_for(timeout=240_000)
    page.locator("#doing", has_text=re.compile("^Done$")).wait_for(timeout=240_000)
    go(page, "test")
    page.get_by_text("of 2,000 images are predicted correctly").wait_for()
    wrong = page.locator(".matrix button[aria-label*='mistaken for']:not([disabled])")
    said = next(
        text
        for text in wrong.evaluate_all("all => all.map((e) => e.ariaLabel)")
        if (m := re.match(r"(\d) mistaken for (\d)", text)) and m[1] != m[2]
    )
    count = re.search(r": (\d+) of", said)[1]
    page.get_by_label(said, exact=True).click()
    page.locator("#answers h2", has_text=re.compile(f"mistaken for .*: {count} image")).wait_for()
    page.locator("#answers .pic").first.click()
    page.get_by_role("button", name="Why?").click()
    page.get_by_role("dialog").get_by_alt_text(re.compile("Heat map")).wait_for(timeout=240_000)
    page.keyboard.press("Escape")
    go(page, "use")
    page.get_by_text("Drop images here").wait_for()
    drop(page, [next((root / "mnist_png" / "testing" / "0").iterdir())])
    page.locator(".answer .what", has_text="0").wait_for()


def test_forty_thousand_images_stay_bounded(
    many_images: Path, serve: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    served = serve()
    page = visit(served.url)
    use(page, served.url, {"train_dir": many_images.name, "image_size": "16"}, {})
    page.get_by_text("40,000 training images in 55 classes").wait_for(timeout=240_000)
    page.locator(".pic img").first.wait_for()
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable")
    found = []
    for _ in range(3):
        scroll(page, [*range(41), *range(40, -1, -1)])
        found.append(kept(client))
    print("heap in MiB, nodes:", [(round(heap / 2**20, 1), nodes) for heap, nodes in found])  # noqa: T201
    assert page.locator(".pic").count() <= 120
    assert max(nodes for _, nodes in found) <= 3_000
    assert max(heap for heap, _ in found) <= 8 * 2**20
    assert found[2][1] <= found[0][1] + 50
    assert found[2][0] <= found[0][0] + 2**19
    page.locator(".pic").first.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.activeElement.getAttribute('aria-posinset') === '40000'")
    places = page.locator(".pic").evaluate_all("all => all.map((e) => Number(e.ariaPosInSet))")
    assert places == list(range(places[0], MANY + 1))
    assert page.locator(".pic[aria-setsize='40000']").count() == len(places)


def scroll(page: Any, steps: list[int]) -> None:
    """Drag the bar of the pictures through places in fortieths of their height, with time to load there."""
    grid = page.locator(".grid")
    for step in steps:
        grid.evaluate("(grid, share) => { grid.scrollTop = grid.scrollHeight * share; }", step / 40)
        page.wait_for_timeout(100)
    page.wait_for_timeout(1500)


def kept(client: Any) -> tuple[float, float]:
    """Bytes of live JavaScript objects, and DOM nodes, after a collection."""
    client.send("HeapProfiler.collectGarbage")
    found = {item["name"]: item["value"] for item in client.send("Performance.getMetrics")["metrics"]}
    return found["JSHeapUsedSize"], found["Nodes"]


@pytest.fixture
def started(root: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], str]]]:
    """Start the server as a process of its own, at the same address each time."""
    processes: list[subprocess.Popen[str]] = []
    port = _free_port()

    def start() -> tuple[subprocess.Popen[str], str]:
        words = [sys.executable, "-m", "convonet", "serve", "--root", str(root), "--port", str(port)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        processes.append(process)
        return process, f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.terminate()
        process.communicate(timeout=150)


def _free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def reached(visit: Callable[..., Any], url: str) -> Any:
    """The page, once the server listens."""
    import httpx

    for _ in range(1200):
        try:
            httpx.get(f"{url}/api/v1/health", trust_env=False)
            break
        except httpx.TransportError:
            time.sleep(0.1)
    return visit(url, allowed="Failed to load resource")


LONG = {"family": "convonet", "epochs": "400", "num_filters": "8", "num_units": "32", "batch_size": "4"}
DATA = {"train_dir": "digits", "image_size": "16"}


def test_two_watch_the_same_training(serve: Callable[..., Any], visit: Callable[..., Any]) -> None:
    served = serve()
    first, second = visit(served.url), visit(served.url)
    use(first, served.url, DATA, LONG, "train")
    first.get_by_role("button", name="Train", exact=True).click()
    first.get_by_text(re.compile(r"Epoch \d+ of 400")).first.wait_for(timeout=240_000)
    second.locator("#work a", has_text=re.compile(r"Epoch \d+ of 400")).wait_for()
    second.locator("#work a").click()
    second.locator("#doing", has_text=re.compile(r"Epoch \d+ of 400")).wait_for()
    assert first.locator(".lead").inner_text() == second.locator(".lead").inner_text()
    second.get_by_role("button", name="Stop").click()
    for page in (first, second):
        page.get_by_text("Stopped. Finished work is kept").first.wait_for(timeout=240_000)


def test_a_killed_server(started: Callable[[], Any], visit: Callable[..., Any]) -> None:
    process, url = started()
    page = reached(visit, url)
    use(page, url, DATA, LONG, "train")
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator("#doing", has_text=re.compile(r"Epoch ([3-9]|\d\d+) of 400")).wait_for(timeout=240_000)
    run = page.locator(".lead", has_text="digits").inner_text()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    page.get_by_text("The connection to the server was lost").wait_for()
    started()
    page.locator("#lost").wait_for(state="hidden", timeout=240_000)
    page.locator("#doing", has_text="Interrupted").wait_for(timeout=240_000)
    assert page.locator(".lead").inner_text() == run
    page.get_by_role("button", name="Resume").click()
    page.locator("#doing", has_text=re.compile(r"Epoch \d+ of 400")).wait_for(timeout=240_000)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped. Finished work is kept").first.wait_for(timeout=240_000)


def test_a_study_and_suspicious_labels_are_shown(
    root: Path, serve: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    from convonet import api

    data = {"train_dir": str(root / "digits" / "train"), "image_size": 8}
    quick = {"family": "logistic", "epochs": 3, "batch_size": 16}
    api.study(
        data, quick | {"init_rate": [0.1, 0.2]}, [0.1, 0.999], out=root / "runs", name="studied", threads=1
    )
    api.suspects(data, quick, folds=2, repeats=1, out=root / "runs", name="suspected", threads=1)
    served = serve()
    page = visit(f"{served.url}/#runs")
    page.get_by_role("button", name="studied").click()
    page.locator("#detail").get_by_role("link", name="Open").click()
    page.get_by_role("columnheader", name="Learning rate").wait_for()
    assert page.get_by_role("row").count() == 3
    page.get_by_text("Curves for each target").click()
    page.locator(".figures img").first.wait_for()
    page.goto(f"{served.url}/#suspects/suspected")
    page.get_by_text("probably wrong, according to").wait_for()
    page.locator(".pic .check").first.click()
    page.get_by_role("button", name="Leave out").click()
    page.locator(".pic .mark", has_text="left out").wait_for()


VARIED = {"family": "logistic", "epochs": "3", "batch_size": "16", "init_rate": "0.1, 0.2"}
SMALL = {"train_dir": "digits", "image_size": "8"}


def test_a_search_is_begun_and_a_row_taken(serve: Callable[..., Any], visit: Callable[..., Any]) -> None:
    served = serve()
    page = visit(served.url)
    use(page, served.url, SMALL, VARIED, "tune")
    page.get_by_label("Folds").fill("2")
    page.get_by_role("button", name="Tune").click()
    page.locator("h2", has_text=re.compile("^Done$")).wait_for(timeout=240_000)
    page.get_by_text("2 of 2 settings").wait_for()
    (run,) = served.client.get("/runs?kind=tune").json()["runs"]
    rows = served.client.get(f"/runs/{run['id']}/trials").json()["results"]
    shown = page.locator("tbody tr").evaluate_all(
        "all => all.map((e) => [...e.cells].map((c) => c.textContent))"
    )
    expected = [
        [str(row["params"]["init_rate"]), f"{100 * row['mean_accuracy']:.2f}%", str(row["folds"])]
        for row in rows
    ]
    assert [[cells[0], cells[1], cells[4]] for cells in shown] == expected
    page.get_by_role("button", name=f"Use setting {rows[1]['trial']}").click()
    page.wait_for_function(
        "rate => document.getElementById('hyper-init_rate')?.value === rate",
        arg=str(rows[1]["params"]["init_rate"]),
    )


def test_a_study_is_begun(serve: Callable[..., Any], visit: Callable[..., Any]) -> None:
    served = serve()
    page = visit(served.url, allowed="422")
    use(page, served.url, SMALL, VARIED, "tune")
    page.get_by_role("link", name="Target study").click()
    page.get_by_text("Learning rate is varied: 2 settings").wait_for()
    page.get_by_label("Targets").fill("10, x")
    page.get_by_role("button", name="Study", exact=True).click()
    page.locator(".field", has=page.get_by_label("Targets")).locator(".fault", has_text="targets").wait_for()
    assert page.get_by_label("Targets").get_attribute("aria-invalid") == "true"
    page.get_by_label("Targets").fill("10 99.9")
    assert page.get_by_label("Targets").get_attribute("aria-invalid") is None
    page.get_by_label("Measured on").select_option("validation images")
    page.get_by_role("button", name="Study", exact=True).click()
    page.get_by_text("Curves for each target").wait_for(timeout=240_000)
    page.get_by_text("Epochs to reach each target accuracy on validation images").wait_for()
    page.get_by_role("columnheader", name="99.9%").wait_for()
    page.locator(".figures img").first.wait_for(state="attached")
    (run,) = served.client.get("/runs?kind=study").json()["runs"]
    found = served.client.get(f"/runs/{run['id']}/result").json()
    assert page.locator(".lead").inner_text() == run["id"]
    assert found["targets"] == [0.1, 0.999]
    shown = page.locator("tbody tr").evaluate_all("all => all.map((e) => e.firstChild.textContent)")
    assert shown == [str(row["params"]["init_rate"]) for row in found["results"]] == ["0.1", "0.2"]


def test_suspicious_labels_are_searched(serve: Callable[..., Any], visit: Callable[..., Any]) -> None:
    served = serve()
    page = visit(served.url)
    use(page, served.url, SMALL, VARIED | {"epochs": "400"})
    page.get_by_role("link", name="Suspicious labels").click()
    page.get_by_text("60 training images in 3 classes").wait_for()
    page.get_by_label("Folds").fill("2")
    page.get_by_label("Repeats").fill("6")
    page.get_by_role("button", name="Find suspicious labels").click()
    page.locator("h2", has_text="Predicting each image with models").wait_for(timeout=240_000)
    page.get_by_role("button", name="Stop").click()
    page.locator("h2", has_text="Stopped; Resume skips finished folds").wait_for(timeout=240_000)
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("probably wrong, according to").wait_for(timeout=240_000)
    (run,) = served.client.get("/runs?kind=suspects").json()["runs"]
    found = served.client.get(f"/runs/{run['id']}/result").json()
    page.locator(".pic img").first.wait_for()
    said = page.locator(".lead").inner_text()
    assert said.startswith(f"{found['likely']} of 60 labels")
    first = page.get_by_role("option").first.get_attribute("aria-label")
    assert first.startswith(f"{found['suspects'][0]['path']}: labeled {found['suspects'][0]['class']}")
