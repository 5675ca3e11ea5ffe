"""A browser for the page, and what its tests do on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_WAIT_MS = 30_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; without one these tests are skipped, and fail in CI."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        missing = "there is no Chromium here"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program, args=["--disable-background-networking", "--enable-precise-memory-info"]
        )
        yield opened
        opened.close()


Open = Callable[..., Any]
_DROP = """
async ([name, url]) => {
  const blob = await (await fetch(url)).blob();
  const given = new DataTransfer();
  given.items.add(new File([blob], name, {type: "image/png"}));
  const event = new DragEvent("drop", {dataTransfer: given, bubbles: true, cancelable: true});
  document.querySelector(".drop").dispatchEvent(event);
}
"""


@pytest.fixture(scope="session")
def drop() -> Callable[..., None]:
    """`drop(page, image)`: drop an image of the server's own root on the page, as a file."""

    def dropped(page: Any, image: str, side: int = 96) -> None:
        page.evaluate(_DROP, ["dropped.png", f"api/v1/images?path={image}&side={side}"])

    return dropped


@pytest.fixture(scope="session")
def go() -> Callable[..., None]:
    """`go(page, "train")`: to a step of the way by its link in the rail."""

    def clicked(page: Any, name: str) -> None:
        page.locator(f"#rail a[href='#{name}']").click()

    return clicked


@pytest.fixture
def visit(browser: Any) -> Iterator[Open]:
    """`visit(url, width=…)`: a page of a new visitor. Anything that goes wrong in its scripts fails the test."""
    contexts, wrong = [], []

    def open_page(url: str, width: int = 1280, height: int = 860, allowed: str = "", **more: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        context.set_default_timeout(_WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: (
                wrong.append(said.text)
                if said.type == "error" and not (allowed and allowed in said.text)
                else None
            ),
        )
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def ready(visit: Callable[..., Any], shared: Any) -> Callable[..., Any]:
    """`ready(page, known=…)`: one of the pages as somebody sees it who has images and a model."""
    usual = {"data": {"train_dir": "digits", "image_size": "8"}, "hyper": {"family": "logistic"}}

    def at(name: str, known: dict[str, Any] = usual, url: str = shared.url, **more: Any) -> Any:
        page = visit(url, **more)
        page.locator("#rail a").first.wait_for()
        page.evaluate("known => localStorage.setItem('convonet', JSON.stringify(known))", known)
        page.goto(f"{url}/?again#{name}")
        page.locator(f"#rail a[aria-current=page][href='#{name}']").wait_for(state="attached")
        return page

    return at
