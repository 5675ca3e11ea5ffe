"""The map on the page: drawn by the server's own worker, zoomed, coloured, selected from, and marks written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def test_a_map_is_drawn_and_used(
    root: Path,
    serve: Callable[..., Any],
    ready: Callable[..., Any],
    axe_faults: Callable[[Any], list[Any]],
) -> None:
    known = {"data": {"train_dir": "digits", "image_size": "8"}, "hyper": {}, "model": "trained"}
    page = ready("data", known, serve().url)
    page.get_by_role("link", name="Map …").click()
    page.get_by_label("Set").select_option("test")
    page.get_by_label("Predictions").select_option("trained")
    page.get_by_role("button", name="Draw the map").click()
    canvas = page.locator(".map-view canvas")
    canvas.wait_for(timeout=120_000)
    page.get_by_text("24 images; similar ones lie close together").wait_for()
    colored(page)
    few_in_sight_are_shown_as_images(page, canvas)
    drawing_around_images_selects_them(page, canvas)
    more_like_this(page)
    assert axe_faults(page) == []


def colored(page: Any) -> None:
    """By class, correctness and confidence; a group that is switched off is not drawn."""
    legend = page.locator(".map-legend li")
    assert [text.split()[0] for text in legend.all_inner_texts()] == ["0", "1", "7"]
    before = picture(page)
    legend.nth(0).get_by_role("checkbox").uncheck()
    page.wait_for_timeout(100)
    assert picture(page) != before
    page.get_by_label("Color", exact=True).select_option("confidence")
    assert legend.count() == 5
    page.get_by_label("Color", exact=True).select_option("correct")
    counts = [int(text.split()[-1]) for text in legend.all_inner_texts()]
    assert sum(counts) == 24
    assert picture(page) != before


def few_in_sight_are_shown_as_images(page: Any, canvas: Any) -> None:
    page.wait_for_function(
        "() => Number(document.querySelector('.map-view canvas').dataset.thumbnails) > 3", timeout=120_000
    )
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before = picture(page)
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(200)
    assert picture(page) != before
    canvas.focus()
    page.keyboard.press("0")


def drawing_around_images_selects_them(page: Any, canvas: Any) -> None:
    box = canvas.bounding_box()
    left, top = box["x"] + 2, box["y"] + 2
    right, bottom = box["x"] + box["width"] - 2, box["y"] + box["height"] - 2
    page.keyboard.down("Shift")
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom)):
        page.mouse.move(x, y, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.get_by_role("button", name="Selected (24)").wait_for()
    assert page.locator(".pic").count() == 24


def more_like_this(page: Any) -> None:
    page.locator(".pic").first.click()
    page.get_by_role("dialog").get_by_role("button", name="More like this").click()
    page.get_by_role("button", name="More like this (16)").wait_for()
    assert page.get_by_role("button", name="More like this (16)").get_attribute("aria-pressed") == "true"


def picture(page: Any) -> str:
    """What the canvas shows."""
    page.wait_for_timeout(100)
    return str(page.evaluate("() => document.querySelector('.map-view canvas').toDataURL()"))


def test_wrong_labels_are_listed_and_marked(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    train = root / "digits" / "train"
    planted = sorted((train / "1").iterdir())[0]
    planted.rename(train / "0" / "planted.png")
    known = {"data": {"train_dir": "digits", "image_size": "8"}, "hyper": {}}
    page = ready("data", known, serve().url)
    page.goto(f"{page.url.split('#')[0]}#map")
    page.get_by_role("button", name="Draw the map").click()
    page.get_by_role("button", name=re.compile(r"Suspicious labels \(\d+\)")).wait_for(timeout=120_000)
    first = page.locator(".pic").first
    assert first.get_attribute("aria-label").startswith("0/planted.png: 0, perhaps 1")
    first.click(modifiers=["Control"])
    assert page.get_by_label("True class").input_value() == "1"
    page.get_by_role("button", name="Set label").click()
    page.get_by_text("1 image is marked; training and testing use the marks").wait_for()
    marks = json.loads(next(train.glob("*marks*.json")).read_text())
    assert marks["marks"] == {"0/planted.png": {"label": "1"}}
    page.locator(".pic .mark", has_text="labeled 1").wait_for()


def test_a_map_lies_inside_the_root(root: Path, serve: Callable[..., Any]) -> None:
    client = serve().client
    elsewhere = root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.png").write_bytes(b"")
    for options in ({"folder": str(elsewhere)}, {"folder": "../elsewhere"}, {"folder": "digits", "out": "x"}):
        answer = client.post("/runs", json={"kind": "map", "options": options})
        assert answer.status_code in (403, 422), options
    os.symlink(elsewhere, root / "digits" / "train" / "link")
    answer = client.post("/runs", json={"kind": "map", "options": {"folder": "digits/train"}})
    assert answer.status_code == 403
