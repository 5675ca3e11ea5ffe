"""No serious accessibility fault on any page, in light and dark, by axe-core; every step within a phone's width."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
PAGES = (
    "data",
    "params",
    "network",
    "train",
    "test",
    "use",
    "explain",
    "tune",
    "runs",
    "many",
    "guide",
    "about",
)
EXPERT = {
    "data": {"train_dir": "digits", "image_size": "8"},
    "hyper": {"family": "logistic"},
    "recipe": "none",
}
PLANNED = {"data": {"train_dir": "digits"}}
_RUN = """
async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => [each.id, each.help, each.nodes.slice(0, 4).map((node) => node.html.slice(0, 160))]);
}
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, as the Python package brings it."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def faults(page: Any, axe: str) -> list[Any]:
    """What axe-core calls serious or critical. Evaluated by the browser itself, which no content policy forbids."""
    page.wait_for_timeout(700)
    page.evaluate(axe)
    found: list[Any] = page.evaluate(_RUN)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_no_serious_fault(ready: Callable[..., Any], axe: str, name: str, theme: str) -> None:
    page = ready(name, known=EXPERT, color_scheme=theme)
    if name == "test":
        page.locator(".matrix").wait_for()
        for part in page.locator("details.card").all():
            part.evaluate("part => { part.open = true; }")
    assert faults(page, axe) == []


@pytest.mark.parametrize("name", ["data", "params", "train"])
def test_no_serious_fault_of_a_plan(ready: Callable[..., Any], axe: str, name: str) -> None:
    page = ready(name, known=PLANNED)
    page.get_by_text("60 small images, 3 classes").first.wait_for()
    assert faults(page, axe) == []


def test_dialogs(ready: Callable[..., Any], axe: str) -> None:
    page = ready("data", known=PLANNED)
    page.get_by_role("button", name="Upload images").click()
    assert faults(page, axe) == []
    page.keyboard.press("Escape")
    page.locator(".pic").first.click()
    assert faults(page, axe) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_every_step(ready: Callable[..., Any], name: str) -> None:
    page = ready(name, known=EXPERT, width=390, height=844)
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    links = page.locator("#rail a")
    boxes = [link.bounding_box() for link in links.all()]
    assert len(boxes) == 9
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] < 250 for box in boxes)
    wide = "all => all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText)"
    assert links.evaluate_all(wide) == []


def test_the_whole_way_by_keyboard(ready: Callable[..., Any]) -> None:
    page = ready("data", known=PLANNED)
    train = page.get_by_role("button", name="Train", exact=True)
    page.wait_for_function("() => !document.querySelector('.main').disabled")
    for _ in range(40):
        page.keyboard.press("Tab")
        if train.evaluate("e => e === document.activeElement"):
            break
    assert train.evaluate("e => e === document.activeElement")
    assert train.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
