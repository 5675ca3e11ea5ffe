"""Makes the pictures of `docs/browser.md`: an exported page on a computer and on a phone.

    python docs/make_browser_pictures.py EXPORTED IMAGE ... [--out FOLDER]

EXPORTED is what `convonet export RUN --format web` wrote, IMAGE a few image files that are classified in it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

from convonet.exporting.browsers import find_chromium
from convonet.exporting.static_server import serving

PICTURES = Path(__file__).parent / "pictures"
VIEWS = {
    "desktop": {"width": 1080, "height": 820, "scheme": "light"},
    "phone": {"width": 390, "height": 844, "scheme": "dark"},
}


def main() -> None:
    """Take every view."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exported", type=Path)
    parser.add_argument("images", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=PICTURES)
    given = parser.parse_args()
    options = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as playwright, serving(given.exported) as server:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=options)
        for name, view in VIEWS.items():
            size = {"width": view["width"], "height": view["height"]}
            page = browser.new_page(viewport=size, color_scheme=view["scheme"])
            page.goto(server.url)
            page.get_by_role("button", name="Choose images").wait_for()
            page.locator("#files").set_input_files(given.images)
            page.locator(".answer .bars").nth(len(given.images) - 1).wait_for()
            page.locator("#offline.good").wait_for()
            page.screenshot(path=given.out / f"browser-{name}.png", full_page=name == "desktop")
            page.close()
        page = browser.new_page(viewport={"width": 900, "height": 620})
        page.goto(f"{server.url}/check.html")
        page.locator("#state.good, #state.bad").wait_for()
        page.screenshot(path=given.out / "browser-check.png")
        browser.close()


if __name__ == "__main__":
    main()
