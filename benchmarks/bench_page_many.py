"""The web page and a very large set: `python benchmarks/bench_page_many.py FOLDER`.

FOLDER holds class folders. A server of its own lists them, and Chromium opens the page *Data* and scrolls down. What is
told: seconds until the number of images is shown, and the longest tasks that held the page up, in milliseconds (the
browser counts those above 50).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from bench_server import server
from playwright.sync_api import sync_playwright

_WATCH = """
() => {
  window.long = [];
  new PerformanceObserver((list) => window.long.push(...list.getEntries().map((one) => one.duration)))
    .observe({type: "longtask", buffered: true});
}
"""
_MINUTES_MS = 300_000


def look(page: Any, url: str, folder: Path) -> None:
    """Open the page with this set and print what happened."""
    page.goto(url)
    page.locator("#rail a").first.wait_for()
    known = json.dumps({"data": {"train_dir": folder.name}, "hyper": {}})
    page.evaluate("known => localStorage.setItem('convonet', known)", known)
    page.add_init_script(f"({_WATCH})()")
    started = time.perf_counter()
    page.goto(f"{url}/?again#data")
    page.get_by_text("training images in").first.wait_for(timeout=_MINUTES_MS)
    shown = time.perf_counter() - started
    page.wait_for_timeout(2000)
    page.mouse.wheel(0, 4000)
    page.wait_for_timeout(1000)
    held = sorted(page.evaluate("window.long"), reverse=True)[:4]
    print(f"shown after {shown:.1f} s; longest tasks {[round(one) for one in held]} ms")


def main() -> None:
    """A server over the folder's parent, and a browser."""
    folder = Path(sys.argv[1]).resolve()
    with server(folder.parent) as port:
        with sync_playwright() as playwright:
            options = ["--disable-background-networking"]
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=options)
            look(
                browser.new_page(viewport={"width": 1280, "height": 860}), f"http://127.0.0.1:{port}", folder
            )
            browser.close()


if __name__ == "__main__":
    main()
