"""Makes the pictures of `docs/web.md`: a server on a folder with digits, a training, and a browser that looks at it.

    python docs/make_web_pictures.py [FOLDER]

Writes every page in both widths, light and dark, into FOLDER (default: a few of them into docs/pictures).
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
PAGES = ("data", "params", "network", "train", "test", "use", "tune", "runs")
SIZES = {"wide": (1280, 860), "phone": (390, 844)}
KEPT = {
    ("data", "wide", "light"): "web-data.png",
    ("params", "wide", "light"): "web-params.png",
    ("train", "wide", "light"): "web-train.png",
    ("test", "wide", "dark"): "web-test.png",
    ("use", "wide", "light"): "web-use.png",
    ("tune", "wide", "light"): "web-tune.png",
    ("train", "phone", "dark"): "web-phone.png",
}
_DATA = {"train_dir": "digits", "image_size": "16"}
_HYPER = {"num_units": "64, 128", "init_rate": "0.01, 0.02"}


def prepare(root: Path) -> None:
    """Digits, two trainings and a search."""
    write_samples("digits", root / "digits")
    data = {"train_dir": str(root / "digits"), "image_size": 16}
    api.train(data, {"epochs": 12}, test=True, out=root / "runs", name="digits-1")
    api.train(data, {"epochs": 8, "num_units": 64}, test=True, out=root / "runs", name="digits-2")
    space = {"num_units": [64, 128], "init_rate": [0.01, 0.02], "epochs": 3, "num_filters": 8}
    api.tune(data, space, out=root / "runs", name="search-1", folds=2)


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


def show(page: Page, url: str, name: str, image: Path) -> None:
    """Go to a page and wait until all of it is there."""
    page.goto(f"{url}/?{name}#{name}")
    ready = {
        "network": "table",
        "tune": "table",
        "train": ".chart path",
        "test": ".pic img",
        "data": ".pic img",
    }
    page.locator(ready.get(name, "h1")).first.wait_for()
    if name == "use":
        page.locator(".drop input").set_input_files([image] * 2)
        page.locator(".answer .bar").first.wait_for()
    page.wait_for_timeout(700)


def make(browser: Browser, url: str, folder: Path, image: Path) -> None:
    """Every page in every look."""
    known: Any = {"data": _DATA, "hyper": _HYPER, "model": "digits-1", "training": "digits-1"}
    seed = "known => localStorage.setItem('convonet', JSON.stringify(known))"
    for size, (width, height) in SIZES.items():
        for look in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=look)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(url)
            page.locator("#rail a").first.wait_for()
            for name in PAGES:
                page.evaluate(seed, known)
                show(page, url, name, image)
                page.screenshot(path=folder / f"{name}-{size}-{look}.png")
            context.close()


def main() -> None:
    """Make them all; keep the few of the page, or all in a folder of one's own."""
    with tempfile.TemporaryDirectory() as temporary:
        root, made = Path(temporary) / "root", Path(temporary) / "made"
        root.mkdir()
        made.mkdir()
        prepare(root)
        image = sorted((root / "digits" / "test" / "7").iterdir())[0]
        with serving(root) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--disable-background-networking"]
            )
            make(browser, url, made, image)
            browser.close()
        if len(sys.argv) > 1:
            shutil.copytree(made, sys.argv[1], dirs_exist_ok=True)
            return
        for (name, size, look), kept in KEPT.items():
            shutil.copyfile(made / f"{name}-{size}-{look}.png", PICTURES / kept)


if __name__ == "__main__":
    main()
