"""Ways that people go on the page, with real workers; the number of clicks is part of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LONG_MS = 300_000
# A press of the mouse is a click, whatever it hits; keys are none.
COUNT = """
addEventListener("pointerdown", () => {
  sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks") ?? 0) + 1);
}, true);
"""
NETWORK = {
    "family": "convonet",
    "num_filters": "4",
    "num_units": "8",
    "epochs": "4",
    "batch_size": "16",
}
DATA = {"train_dir": "digits", "image_size": "16"}
EXPERT = {"data": DATA, "hyper": NETWORK, "recipe": "none"}


@pytest.fixture
def begin(visit: Callable[..., Any]) -> Callable[..., Any]:
    """`begin(url, known)`: the page of a person whose browser knows this; their clicks are counted from here."""

    def opened(url: str, known: dict[str, Any] | None = None, name: str = "", **more: Any) -> Any:
        page = visit(url, **more)
        page.locator("#rail a").first.wait_for()
        if known:
            page.evaluate("known => localStorage.setItem('convonet', JSON.stringify(known))", known)
        page.context.add_init_script(COUNT)
        page.goto(f"{url}/?counted#{name}")
        page.locator("h1").wait_for()
        return page

    return opened


def clicks(page: Any) -> int:
    return int(page.evaluate("Number(sessionStorage.getItem('clicks') ?? 0)"))


@contextmanager
def at_most(page: Any, most: int) -> Iterator[None]:
    """What happens in between takes no more clicks than this, and at least one."""
    before = clicks(page)
    yield
    used = clicks(page) - before
    assert 0 < used <= most, f"{used} clicks"


def done(page: Any) -> None:
    page.locator("#doing", has_text=re.compile("^Done$")).wait_for(timeout=LONG_MS)


def accuracy(page: Any) -> float:
    """What the card Test says."""
    card = page.locator(".card", has=page.get_by_role("heading", name="Test", exact=True))
    card.locator(".tile", has_text="Test accuracy").wait_for(timeout=LONG_MS)
    found = re.search(r"(\d+\.\d)%", card.locator(".tile", has_text="Test accuracy").inner_text())
    assert found is not None, card.inner_text()
    return float(found[1]) / 100


def newest(served: Any, kind: str = "train") -> dict[str, Any]:
    row: dict[str, Any] = served.client.get(f"/runs?kind={kind}").json()["runs"][0]
    return row


def test_class_names_that_differ(root: Path, serve: Callable[..., Any], begin: Callable[..., Any]) -> None:
    (root / "digits" / "test" / "7").rename(root / "digits" / "test" / "7_photos")
    served = serve()
    page = begin(served.url, EXPERT)
    page.get_by_text("Test images cannot be used").wait_for()
    rows = page.get_by_role("table", name="Class map").locator("tbody tr")
    assert ["7_photos", "7"] in [row.locator("td").all_inner_texts()[::2] for row in rows.all()]
    with at_most(page, 2):
        page.get_by_role("button", name="Use this class map").click()
        page.get_by_text("60 training, 24 test images of 3 classes").wait_for()
        page.get_by_role("button", name="Train", exact=True).click()
        done(page)
    test = newest(served)["scores"]["test"]
    assert test["images"] == 24
    assert accuracy(page) == pytest.approx(test["accuracy"], abs=0.0006)


def test_a_mistake_is_understood_and_its_label_corrected(
    root: Path, serve: Callable[..., Any], begin: Callable[..., Any], go: Callable[..., None]
) -> None:
    # A seven that stands among the ones.
    seven = sorted((root / "digits" / "test" / "7").iterdir())[0]
    seven.rename(root / "digits" / "test" / "1" / "stray.png")
    served = serve()
    page = begin(served.url, EXPERT | {"hyper": NETWORK | {"epochs": "30"}}, "train")
    page.get_by_role("button", name="Train", exact=True).click()
    done(page)
    first = newest(served)
    assert first["scores"]["test"]["accuracy"] < 1
    with at_most(page, 9):
        page.get_by_role("link", name="See mistakes").click()
        answers = page.get_by_role("listbox", name="Answers")
        stray = answers.get_by_role("option", name=re.compile(r"stray\.png"))
        stray.click()
        page.get_by_role("dialog").get_by_role("button", name="Why?").click()
        page.get_by_role("dialog").get_by_alt_text(re.compile("Heat map")).wait_for(timeout=LONG_MS)
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
        stray.locator(".check").click()
        page.get_by_label("True class").select_option("7")
        page.get_by_role("button", name="Set label").click()
        answers.get_by_text("labeled 7").wait_for()
        go(page, "train")
        page.get_by_role("button", name="Train", exact=True).click()
        done(page)
    second = newest(served)
    assert second["id"] != first["id"]
    assert second["scores"]["test"]["accuracy"] > first["scores"]["test"]["accuracy"]
    go(page, "runs")
    with at_most(page, 3):
        for run in (first, second):
            page.locator(f"[id='c-{run['id']}']").check()
        page.get_by_role("button", name="Compare").click()
        page.get_by_role("heading", name="Is the difference beyond chance?").wait_for()
    shown = page.get_by_role("region", name="Runs side by side").get_by_role("row", name="Test accuracy")
    expected = {f"{100 * run['scores']['test']['accuracy']:.1f}%" for run in (first, second)}
    assert set(shown.locator("td").all_inner_texts()) == expected


def test_exported_for_other_programs(
    root: Path, serve: Callable[..., Any], begin: Callable[..., Any], go: Callable[..., None]
) -> None:
    served = serve()
    page = begin(served.url, EXPERT | {"model": "trained"}, "test")
    page.get_by_text("of 24 images are correct").wait_for()
    with at_most(page, 3):
        go(page, "use")
        page.get_by_label("Format").select_option("folder")
        page.locator("#export-card").get_by_role("button", name="Export", exact=True).click()
        page.get_by_text("Same predictions as before").wait_for(timeout=LONG_MS)
        with page.expect_download() as file:
            page.get_by_role("link", name=re.compile(r"predict\.py$")).click()
    assert "onnxruntime" in Path(file.value.path()).read_text()
