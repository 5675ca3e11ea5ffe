"""Threshold and calibration on the Test page: what its buttons show is what the same test gives elsewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet import api
from convonet.nets import NetModel

pytestmark = pytest.mark.slow
Way = tuple[str, dict[str, str], dict[str, Any]]
WAYS: list[Way] = [
    ("Test again", {"Threshold": "0,35"}, {"threshold": 0.35}),
    ("Choose by recall", {"Target recall": "0.99"}, {"min_recall": 0.99}),
    ("Choose by costs", {"Cost of a false alarm": "9", "Cost of a miss": "2"}, {"costs": (9.0, 2.0)}),
]


@pytest.fixture(scope="module")
def root(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run `pair`, which tells threes from eights and is not always right."""
    folder = tmp_path_factory.mktemp("pair") / "root"
    for split in ("train", "test"):
        for name in ("3", "8"):
            shutil.copytree(digits / split / name, folder / "digits" / split / name)
    data = {f"{split}_dir": str(folder / "digits" / split) for split in ("train", "test")}
    hyper = {"family": "logistic", "epochs": 3, "batch_size": 16}
    api.train(data | {"image_size": 8}, hyper, test=True, out=folder / "runs", name="pair", threads=1)
    return folder


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of the run as it is now, to be tested without page and server."""
    return Path(shutil.copytree(root / "runs" / "pair", tmp_path / "copy" / "pair"))


@pytest.fixture
def page(serve: Callable[..., Any], ready: Callable[..., Any]) -> Any:
    """The Test page with both parts open."""
    shown = ready("test", known={}, url=serve().url)
    for part in ("Curves", "Calibration"):
        shown.locator("summary", has_text=part).click()
    return shown


def press(page: Any, button: str, fields: dict[str, str]) -> None:
    """Fill the fields of a button, press it, and wait for the new scores."""
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)
    with page.expect_response(re.compile("/evaluation")):
        page.get_by_role("button", name=button, exact=True).click()
    page.locator(".tiles").wait_for()


def tile(page: Any, name: str) -> str:
    return str(page.locator(".tile", has=page.get_by_text(name, exact=True)).locator(".value").inner_text())


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def expect_threshold(page: Any, scores: dict[str, Any]) -> None:
    """The page shows what a test with a threshold found."""
    chosen = " (chosen on validation images)" if "threshold" in (scores["chosen"] or {}) else ""
    rates = f"sensitivity {percent(scores['sensitivity'])}, specificity {percent(scores['specificity'])}."
    page.get_by_text(f"3 at p ≥ {scores['threshold']:.4g}{chosen}: {rates}").wait_for()
    assert tile(page, "Accuracy") == percent(scores["accuracy"])
    assert tile(page, "Threshold") == f"{scores['threshold']:.4g}"


def test_thresholds(page: Any, copy: Path) -> None:
    found = set()
    for button, fields, options in WAYS:
        page.get_by_label("Positive class").select_option("3")
        press(page, button, fields)
        scores = api.evaluate(copy, positive="3", **options)
        expect_threshold(page, scores)
        found.add(scores["sensitivity"])
    assert len(found) > 1


def test_calibration(page: Any, copy: Path) -> None:
    before = api.evaluate(copy)
    scores = api.evaluate(copy, calibrate=True)
    press(page, "Calibrate", {})
    page.get_by_text(
        f"Calibration error (ECE) {scores['ece']:.4f}, Brier score {scores['brier']:.4f}."
    ).wait_for()
    page.get_by_text(
        f"Temperature {scores['chosen']['temperature']:.4g}, fitted on validation images"
    ).wait_for()
    page.get_by_text(f"without it, the error is {before['ece']:.4f}").wait_for()
    assert tile(page, "Accuracy") == percent(scores["accuracy"]) == percent(before["accuracy"])


def test_what_is_chosen_can_be_kept(page: Any, root: Path, copy: Path) -> None:
    button, fields, options = WAYS[2]
    page.get_by_label("Positive class").select_option("3")
    page.locator("#keep-threshold").check()
    press(page, button, fields)
    page.locator("#keep-temperature").check()
    press(page, "Calibrate", {})
    for chosen in ({"positive": "3", **options}, {"calibrate": True}):
        api.evaluate(copy, keep=True, **chosen)
    kept, expected = (NetModel.load(run / "model.keras").info for run in (root / "runs" / "pair", copy))
    assert (kept.positive, kept.threshold, kept.temperature) == (
        expected.positive,
        pytest.approx(expected.threshold),
        pytest.approx(expected.temperature),
    )
    assert kept.temperature != 1
    press(page, "Test", {})
    expect_threshold(page, api.evaluate(copy))


@pytest.mark.parametrize("text", ["", "much"])
def test_a_missing_number_is_said(page: Any, text: str) -> None:
    page.get_by_label("Target recall").fill(text)
    page.get_by_role("button", name="Choose by recall").click()
    page.get_by_text("A number is missing").wait_for()
