"""Makes the pictures of `docs/web.md`: a server on a folder with digits, a training, and a browser that looks at it.

    python docs/make_web_pictures.py [FOLDER]

Writes every page at four widths, light and dark, from top to bottom into FOLDER; without it, what is first seen of a
few of them into docs/pictures.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from convonet import api
from convonet.data.samples import write_samples
from convonet.server.app import create_app
from convonet.server.serving import Server, listening
from convonet.server.settings import Settings

PICTURES = Path(__file__).parent / "pictures"
_KNOWN: dict[str, Any] = {
    "data": {"train_dir": "digits", "image_size": "16"},
    "model": "digits-1",
    "training": "digits-1",
}
_EXPERT = {"hyper": {"family": "transfer", "base": "efficientnet_lite0"}, "recipe": "none"}
_VARIED = {"hyper": {"num_units": "64, 128", "init_rate": "0.01, 0.02"}, "recipe": ""}
# What a picture is called: its address, and what is known there beside the usual.
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "begin": ("data", {"data": {}}),
    "data": ("data", {}),
    "params": ("params", _EXPERT),
    "wrong": ("params", {"hyper": {"epochs": "many"}, "recipe": ""}),
    "network": ("network", {}),
    "train": ("train", {}),
    "test": ("test", {}),
    "curves": ("test/digits-1", {}),
    "two": ("test/two-1", {"model": "two-1"}),
    "use": ("use", {}),
    "explain": ("explain", {}),
    "guide": ("guide", {}),
    "about": ("about", {}),
    "tune": ("tune", _VARIED),
    "study": ("study/study-1", {}),
    "suspects": ("suspects/suspects-1", {}),
    "runs": ("runs/digits-1", {}),
    "many": ("many/digits-1,two-1", {}),
    "sets": ("many", {}),
    "tour": ("guide", {}),
}
PHONE = (390, 844)
KEPT_SIZES = {"wide": (1280, 860), "phone": PHONE}
SIZES = {"1440": (1440, 900), "1024": (1024, 768), "900": (900, 900), "phone": PHONE}
KEPT = {
    ("data", "wide", "light"): "web-data.png",
    ("params", "wide", "light"): "web-params.png",
    ("train", "wide", "light"): "web-train.png",
    ("test", "wide", "dark"): "web-test.png",
    ("use", "wide", "light"): "web-use.png",
    ("explain", "wide", "light"): "web-explain.png",
    ("tune", "wide", "light"): "web-tune.png",
    ("curves", "wide", "light"): "web-curves.png",
    ("suspects", "wide", "dark"): "web-suspects.png",
    ("runs", "wide", "light"): "web-runs.png",
    ("many", "wide", "light"): "web-many.png",
    ("tour", "wide", "light"): "web-tour.png",
    ("train", "phone", "dark"): "web-phone.png",
}


def prepare(root: Path) -> None:
    """Digits, two trainings and a search."""
    write_samples("digits", root / "digits")
    data = {"train_dir": str(root / "digits"), "image_size": 16}
    api.train(data, {"epochs": 12}, test=True, out=root / "runs", name="digits-1")
    api.train(data, {"epochs": 8, "num_units": 64}, test=True, out=root / "runs", name="digits-2")
    space = {"num_units": [64, 128], "init_rate": [0.01, 0.02], "epochs": 3, "num_filters": 8}
    api.tune(data, space, out=root / "runs", name="search-1", folds=2)
    targets = {"num_units": [16, 64], "epochs": 6, "num_filters": 8}
    api.study(data, targets, [0.85, 0.95], out=root / "runs", name="study-1")
    api.suspects(data, {"epochs": 3}, folds=2, repeats=1, out=root / "runs", name="suspects-1")
    pair = {"train_dir": str(root / "two"), "image_size": 16}
    for split in ("train", "test"):
        for name in ("3", "8"):
            shutil.copytree(root / "digits" / split / name, root / "two" / split / name)
    api.train(pair, {"epochs": 4}, test=True, out=root / "runs", name="two-1")


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """The address of a server on loopback."""
    settings = Settings(root=root, port=0, warm=False)
    server = Server(create_app(settings))
    with listening(settings) as port:
        thread = threading.Thread(target=server.run, args=([port],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port.getsockname()[1]}"
        finally:
            server.end()
            thread.join()


READY = {
    "network": "table",
    "tune": "table",
    "study": "table",
    "runs": "#detail h2",
    "train": ".chart path",
    "test": ".pic img",
    "curves": ".pic img",
    "two": ".pic img, #answers h2",
    "suspects": ".pic img",
    "data": ".pic img",
    "many": "tbody tr",
    "sets": "tbody tr",
}


def show(page: Page, url: str, name: str, images: list[Path]) -> None:
    """Go to a page and wait until all of it is there."""
    page.goto(f"{url}/?{name}#{PAGES[name][0]}")
    page.locator(READY.get(name, "h1")).first.wait_for()
    if name == "use":
        page.locator(".drop input").set_input_files(images)
        page.locator(".answer .bar").first.wait_for()
    if name in ("data", "suspects"):
        page.wait_for_timeout(300)
        for place in (1, 2):
            page.locator(".pic .check").nth(place).click()
    if name == "data":
        page.evaluate("window.scrollTo(0, 0)")
    if name == "params":
        page.locator(".backbone-cards").evaluate("cards => { cards.scrollIntoView({block: 'center'}); }")
    if name in ("curves", "two"):
        for part in page.locator("details.card").all():
            part.evaluate("part => { part.open = true; }")
        page.locator(".plane path").nth(3).wait_for()
        page.locator("details.card").first.scroll_into_view_if_needed()
        page.locator("details.card").first.evaluate(
            "part => { window.scrollBy(0, part.getBoundingClientRect().top - 64); }"
        )
    if name == "tour":
        page.get_by_role("button", name="Show me around").click()
        for _ in range(4):
            page.locator(".tour-card .primary").click()
        page.locator(".matrix").wait_for()
    if name == "explain":
        page.locator(".thumb").first.wait_for()
        page.get_by_role("button", name="Explain", exact=True).click()
        page.locator(".wide-picture").first.wait_for(timeout=60_000)
    page.wait_for_timeout(700)


def make(browser: Browser, url: str, folder: Path, images: list[Path], *, whole: bool) -> None:
    """Every page in every look; `whole`: from top to bottom."""
    seed = "known => localStorage.setItem('convonet', JSON.stringify(known))"
    sizes = SIZES if whole else KEPT_SIZES
    for size, (width, height) in sizes.items():
        for look in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=look)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(url)
            page.locator("#rail a").first.wait_for()
            for name, (_, more) in PAGES.items():
                page.evaluate(seed, _KNOWN | more)
                show(page, url, name, images)
                # Of a tall picture, what sticks to the top belongs there.
                page.evaluate(f"if ({str(whole and name != 'tour').lower()}) window.scrollTo(0, 0)")
                page.screenshot(path=folder / f"{name}-{size}-{look}.png", full_page=whole and name != "tour")
            context.close()


def main() -> None:
    """Make them all; keep the few of the page, or all in a folder of one's own."""
    with tempfile.TemporaryDirectory() as temporary:
        root, made = Path(temporary) / "root", Path(temporary) / "made"
        root.mkdir()
        made.mkdir()
        prepare(root)
        images = [sorted((root / "digits" / "test" / name).iterdir())[0] for name in "378"]
        with serving(root) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--disable-background-networking"],
            )
            make(browser, url, made, images, whole=len(sys.argv) > 1)
            browser.close()
        if len(sys.argv) > 1:
            shutil.copytree(made, sys.argv[1], dirs_exist_ok=True)
            return
        for (name, size, look), kept in KEPT.items():
            shutil.copyfile(made / f"{name}-{size}-{look}.png", PICTURES / kept)


if __name__ == "__main__":
    main()
