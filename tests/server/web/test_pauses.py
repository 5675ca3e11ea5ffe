"""No page blocks the browser for 100 ms, with 55 classes and 40,000 images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from .conftest import MANY_CLASSES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PAGES = ("params", "network", "train", "test", "use", "explain", "tune", "runs", "data")
LIMIT_MS = 100
ROUNDS = 4
OBSERVE = """
window.pauses = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.pauses.push(entry.duration);
}).observe({type: "longtask", buffered: true});
"""


@pytest.fixture
def trained(root: Path) -> str:
    """A model of the 55 classes, tested, with a matrix that has something in most of its rows."""
    from convonet import api

    draw = np.random.default_rng(1)
    for split, count in (("train", 4), ("test", 6)):
        for label in range(MANY_CLASSES):
            folder = root / "few" / split / f"class {label:02}"
            folder.mkdir(parents=True)
            for index in range(count):
                pixels = draw.integers(0, 256, (16, 16), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{index}.png")
    hyper = {"family": "logistic", "epochs": 1, "batch_size": 16}
    data = {"train_dir": str(root / "few"), "image_size": 16}
    api.train(data, hyper, test=True, out=root / "runs", name="many-classes", threads=1, recipe="none")
    return "many-classes"


def settle(page: Any) -> float:
    """The longest block since the page was left alone, in ms; 0 where none was over 50 ms, as browsers count."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    longest: float = page.evaluate("() => Math.max(0, ...window.pauses.splice(0))")
    return longest


def test_no_page_blocks_the_browser(
    many_images: Path,
    trained: str,
    serve: Callable[..., Any],
    ready: Callable[..., Any],
    go: Callable[..., None],
) -> None:
    known = {
        "data": {"train_dir": many_images.name, "image_size": "16"},
        "hyper": {"family": "logistic", "epochs": "1"},
        "recipe": "none",
        "model": trained,
    }
    page = ready("runs", known=known, url=serve().url)
    page.context.add_init_script(OBSERVE)
    page.reload()
    page.locator("#rail a[href='#data'] .note", has_text="40,000 images").wait_for(timeout=120_000)
    pauses: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(ROUNDS):
        for name in PAGES:
            settle(page)
            go(page, name)
            page.locator(f"#rail a[aria-current=page][href='#{name}']").wait_for(state="attached")
            if name == "test":
                page.locator(".matrix").wait_for()
            if name == "data":
                page.locator(".pic img").first.wait_for()
            pauses[name].append(settle(page))
    # Others work on this machine too; what the page itself costs is in every round.
    least = {name: min(found) for name, found in pauses.items()}
    everything = [pause for found in pauses.values() for pause in found]
    print("ms, the least of each page:", least, "p99 of all:", round(float(np.quantile(everything, 0.99)), 1))  # noqa: T201
    assert max(least.values()) < LIMIT_MS, pauses
