"""A browser for the page, and what its tests do on it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

_WAIT_MS = 120_000
MANY_IMAGES, MANY_CLASSES = 40_000, 55


@pytest.fixture(scope="session")
def browser(launch_chromium: Callable[..., Any]) -> Iterator[Any]:
    """Chromium."""
    opened = launch_chromium("--disable-background-networking", "--enable-precise-memory-info")
    yield opened
    opened.close()


Open = Callable[..., Any]
Give = Callable[[Any, list[Path]], None]
_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}
_DROP = """
(files) => {
  const given = new DataTransfer();
  for (const [name, type, text] of files) {
    given.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name, {type}));
  }
  const event = new DragEvent("drop", {dataTransfer: given, bubbles: true, cancelable: true});
  document.querySelector(".drop").dispatchEvent(event);
}
"""
_SHOWN = """
(cards) => cards.map((card) => ({
  name: card.querySelector(".name").textContent,
  said: card.querySelector(".what").firstChild.textContent,
  bars: [...card.querySelectorAll(".bar")].map((bar) => [...bar.querySelectorAll("span")].map((e) => e.textContent)),
}))
"""


@pytest.fixture(scope="session")
def drop() -> Give:
    """`drop(page, files)`: drop image files on the page."""

    def dropped(page: Any, files: list[Path]) -> None:
        read = [[f.name, _TYPES[f.suffix], base64.b64encode(f.read_bytes()).decode()] for f in files]
        page.evaluate(_DROP, read)

    return dropped


@pytest.fixture(scope="session")
def choose() -> Give:
    """`choose(page, files)`: choose image files in the dialog that the page's button opens."""

    def chosen(page: Any, files: list[Path]) -> None:
        with page.expect_file_chooser() as dialog:
            page.get_by_role("button", name="Choose images").click()
        dialog.value.set_files(files)

    return chosen


@pytest.fixture(scope="session")
def answered() -> Callable[[Any, Give, list[Path]], list[dict[str, Any]]]:
    """`answered(page, drop, files)`: what the page is told of files that it is given; it must show the same."""

    def asked(page: Any, give: Give, files: list[Path]) -> list[dict[str, Any]]:
        with page.expect_response(re.compile("/predict")) as told:
            give(page, files)
        answers: list[dict[str, Any]] = told.value.json()["predictions"]
        page.locator(".answer").nth(len(files) - 1).wait_for()
        cards = page.locator(".answer").evaluate_all(_SHOWN)
        assert (
            [card["name"] for card in cards] == [item["path"] for item in answers] == [f.name for f in files]
        )
        assert [card["said"] for card in cards] == [item["predicted"] for item in answers]
        for card, item in zip(cards, answers, strict=True):
            best = item["top"][:3]
            assert [label for label, _ in card["bars"]] == [each["class"] for each in best]
            shares = [float(share.removesuffix("%")) / 100 for _, share in card["bars"]]
            assert shares == pytest.approx([each["probability"] for each in best], abs=0.0005 + 1e-9)
        return answers

    return asked


@pytest.fixture(scope="session")
def go() -> Callable[..., None]:
    """`go(page, "train")`: to a step of the way by its link in the rail."""

    def clicked(page: Any, name: str) -> None:
        page.locator(f"#rail a[href='#{name}']").click()

    return clicked


@pytest.fixture(scope="session")
def kept_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40,000 different small images of 55 classes, made once."""
    folder = tmp_path_factory.mktemp("many") / "images"
    draw = np.random.default_rng(0)
    for label in range(MANY_CLASSES):
        (folder / f"class {label:02}").mkdir(parents=True)
    for index in range(MANY_IMAGES):
        file = folder / f"class {index % MANY_CLASSES:02}" / f"{index}.png"
        Image.fromarray(draw.integers(0, 256, (16, 16), dtype=np.uint8)).save(file)
    return folder


@pytest.fixture
def many_images(kept_images: Path, root: Path) -> Iterator[Path]:
    """The 40,000 images, in the folder of the test's server while the test runs."""
    here = root / kept_images.name
    kept_images.rename(here)
    yield here
    here.rename(kept_images)


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
        page.locator("h1").wait_for()
        if name not in ("guide", "about", "many"):
            page.locator(f"#rail a[aria-current=page][href='#{name}']").wait_for(state="attached")
        return page

    return at
