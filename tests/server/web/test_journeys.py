"""Eight ways that people go on the page, with real workers; the number of clicks is part of each."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from .test_page import cut, set_field

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


def climb(dialog: Any) -> None:
    """In the dialog of folders, to the server's folder."""
    dialog.locator(".list > *").first.wait_for()
    up, here = dialog.get_by_role("button", name="↑ Up"), dialog.locator("p[aria-live]")
    while up.count():
        before = here.inner_text()
        up.click()
        while here.inner_text() == before:
            dialog.page.wait_for_timeout(50)


def test_1_first_start_then_photographs_and_nothing_of_the_digits_stays(
    root: Path, serve: Callable[..., Any], begin: Callable[..., Any], go: Callable[..., None], real_data: Any
) -> None:
    shutil.rmtree(root / "digits")
    cut(real_data("flowers_128"), root / "flowers")
    served = serve()
    # How long it may compare networks; a person would leave the five minutes.
    page = begin(served.url, {"minutes": "0.5"})
    with at_most(page, 3):
        page.get_by_role("link", name="First steps", exact=True).click()
        page.get_by_role("button", name="Try it with handwritten digits").click()
        page.get_by_text("1,438 training and 359 test images in 10 classes").wait_for(timeout=LONG_MS)
        page.get_by_text("up to about 30 seconds").wait_for()
        page.get_by_role("button", name="Train", exact=True).click()
        page.get_by_role("heading", name="What was tried").wait_for(timeout=LONG_MS)
    row = newest(served)
    assert row["data_set"] == "digits"
    assert accuracy(page) == pytest.approx(row["scores"]["test"]["accuracy"], abs=0.0006)
    assert accuracy(page) > 0.5
    score = f"{100 * accuracy(page):.1f}%"
    go(page, "data")
    page.get_by_role("button", name="Choose training images").click()
    dialog = page.get_by_role("dialog")
    climb(dialog)
    dialog.get_by_role("button", name="flowers /").click()
    dialog.get_by_role("button", name="train /").wait_for()
    dialog.get_by_role("button", name="Use this folder").click()
    page.get_by_text("72 training and 24 test images in 3 classes").wait_for()
    for name in ("data", "params", "network", "train", "test", "use", "explain"):
        go(page, name)
        page.wait_for_timeout(1000)
        # Lists of models and sample sets name the digits, and say that they belong to other images.
        page.evaluate("for (const list of document.querySelectorAll('select')) list.remove()")
        text = page.locator("main").inner_text() + page.locator("#rail").inner_text()
        for word in ("digits", "1,438", score, "model ready"):
            assert word not in text, f"{word} on {name}: {text}"


def test_2_photographs_of_ones_own(
    root: Path, serve: Callable[..., Any], begin: Callable[..., Any], real_data: Any
) -> None:
    cut(real_data("flowers_128"), root / "flowers")
    served = serve()
    page = begin(served.url, {"minutes": "0.5"})
    with at_most(page, 4):
        page.get_by_role("button", name="Choose training images").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="flowers /").click()
        dialog.get_by_role("button", name="train /").wait_for()
        dialog.get_by_role("button", name="Use this folder").click()
        page.get_by_text(re.compile(r"^72 .*3 classes")).first.wait_for()
        page.get_by_role("button", name="Train", exact=True).click()
        page.get_by_role("heading", name="What was tried").wait_for(timeout=LONG_MS)
    assert accuracy(page) == pytest.approx(newest(served)["scores"]["test"]["accuracy"], abs=0.0006)
    assert accuracy(page) > 0.6


def test_3_class_names_that_differ(root: Path, serve: Callable[..., Any], begin: Callable[..., Any]) -> None:
    (root / "digits" / "test" / "7").rename(root / "digits" / "test" / "7_photos")
    served = serve()
    page = begin(served.url, EXPERT)
    page.get_by_text("Test images cannot be used").wait_for()
    rows = page.get_by_role("table", name="Class map").locator("tbody tr")
    assert ["7_photos", "7"] in [row.locator("td").all_inner_texts()[::2] for row in rows.all()]
    with at_most(page, 2):
        page.get_by_role("button", name="Use this class map").click()
        page.get_by_text("60 training and 24 test images in 3 classes").wait_for()
        page.get_by_role("button", name="Train", exact=True).click()
        done(page)
    test = newest(served)["scores"]["test"]
    assert test["images"] == 24
    assert accuracy(page) == pytest.approx(test["accuracy"], abs=0.0006)


def test_4_a_mistake_is_understood_and_its_label_corrected(
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
        answers = page.get_by_role("listbox", name="Predictions")
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
        page.get_by_role("heading", name="Is the difference due to chance?").wait_for()
    shown = page.get_by_role("region", name="Runs side by side").get_by_role("row", name="Test accuracy")
    expected = {f"{100 * run['scores']['test']['accuracy']:.1f}%" for run in (first, second)}
    assert set(shown.locator("td").all_inner_texts()) == expected


def test_5_tuned_stopped_resumed_and_adopted(
    serve: Callable[..., Any], begin: Callable[..., Any], go: Callable[..., None]
) -> None:
    served = serve()
    varied = NETWORK | {"num_units": "4, 8", "init_rate": "0.01, 0.02", "epochs": "1"}
    page = begin(served.url, EXPERT | {"hyper": varied}, "tune")
    page.locator(".lead", has_text="Learning rate").wait_for()
    with at_most(page, 4):
        page.get_by_role("button", name="Tune", exact=True).click()
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name="Resume").click(timeout=LONG_MS)
        page.locator("h2", has_text=re.compile("^Done$")).wait_for(timeout=LONG_MS)
        page.get_by_role("button", name="Use setting").first.click()
    best = served.client.get(f"/runs/{newest(served, 'tune')['id']}/result").json()["best"]
    page.wait_for_function(
        "rate => JSON.parse(localStorage.getItem('convonet')).hyper.init_rate === rate",
        arg=str(best["params"]["init_rate"]),
    )
    go(page, "train")
    page.get_by_role("button", name="Train", exact=True).click()
    done(page)
    hyper = served.client.get(f"/runs/{newest(served)['id']}").json()["params"]["hyper"]
    assert {name: hyper[name] for name in best["params"]} == best["params"]


def test_6_saved_closed_reopened_and_tested(
    serve: Callable[..., Any], begin: Callable[..., Any], go: Callable[..., None]
) -> None:
    served = serve()
    page = begin(served.url, EXPERT, "params")
    page.locator("#hyper-epochs").wait_for(state="attached")
    with page.expect_response(re.compile("/params/check$")):
        set_field(page, "epochs", "3")
    page.wait_for_timeout(300)
    with page.expect_download() as file:
        page.get_by_role("button", name="Save as a file").click()
    saved = Path(file.value.path()).read_text()
    assert json.loads(saved)["epochs"] in (3, [3])
    go(page, "train")
    page.get_by_role("button", name="Train", exact=True).click()
    done(page)
    page.close()

    again = begin(served.url, {"data": DATA}, "params")
    again.get_by_label("Parameter file", exact=True).set_input_files(
        {"name": "hyper_params.json", "mimeType": "application/json", "buffer": saved.encode()}
    )
    assert again.locator("#hyper-epochs").input_value() == "3"
    with at_most(again, 2):
        go(again, "test")
        again.get_by_role("button", name="Test", exact=True).click()
        again.get_by_text("of 24 images are predicted correctly").wait_for(timeout=LONG_MS)
    row = newest(served)
    assert row["id"] in again.get_by_label("Model", exact=True).input_value()
    assert f"{100 * row['scores']['test']['accuracy']:.1f}%" in again.locator(".lead").inner_text()


def test_7_exported_for_other_programs(
    root: Path, serve: Callable[..., Any], begin: Callable[..., Any], go: Callable[..., None]
) -> None:
    served = serve()
    page = begin(served.url, EXPERT | {"model": "trained"}, "test")
    page.get_by_text("of 24 images are predicted correctly").wait_for()
    with at_most(page, 3):
        go(page, "use")
        page.get_by_label("Format").select_option("folder")
        page.locator("#export-card").get_by_role("button", name="Export", exact=True).click()
        page.get_by_text("Same predictions as the original model").wait_for(timeout=LONG_MS)
        with page.expect_download() as file:
            page.get_by_role("link", name=re.compile(r"predict\.py$")).click()
    assert "onnxruntime" in Path(file.value.path()).read_text()


def test_8_input_that_cannot_be_used(
    root: Path, serve: Callable[..., Any], begin: Callable[..., Any], go: Callable[..., None]
) -> None:
    served = serve()
    (root / "digits" / "train" / "0" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    Image.new("L", (8, 8), 255).save(root / "digits" / "train" / "0" / "white.png")
    (root / "nothing").mkdir()
    page = begin(served.url, EXPERT, allowed="422")
    page.get_by_role("button", name="Choose training images").click()
    dialog = page.get_by_role("dialog")
    climb(dialog)
    dialog.get_by_role("button", name="nothing /").click()
    dialog.get_by_text("No folders here").wait_for()
    dialog.get_by_role("button", name="Use this folder").click()
    page.get_by_text("There are no images in nothing (found: an empty folder).").wait_for()
    assert page.locator(".planned").count() == 0
    with at_most(page, 4):
        page.get_by_role("button", name="Choose training images").click()
        dialog.get_by_role("button", name="↑ Up").click()
        dialog.get_by_role("button", name="digits /").click()
        dialog.get_by_role("button", name="train /").wait_for()
        dialog.get_by_role("button", name="Use this folder").click()
        page.get_by_text("62 training and 24 test images in 3 classes").wait_for()
    go(page, "params")
    page.get_by_role("radio", name="Expert").check()
    set_field(page, "epochs", "-5")
    page.get_by_text("epochs (Epochs): expected a whole number ≥ 1").wait_for()
    go(page, "train")
    button = page.get_by_role("button", name="Train", exact=True)
    assert (button.is_disabled(), button.get_attribute("title")) == (True, "A parameter has an invalid value")
    go(page, "params")
    set_field(page, "family", "logistic")
    set_field(page, "epochs", "1")
    page.locator("#hyper-epochs[aria-invalid]").wait_for(state="detached")
    go(page, "train")
    page.get_by_role("button", name="Train", exact=True).click()
    done(page)
    row = newest(served)
    assert (row["state"], row["images"]) == ("done", 61)
    skipped = served.client.get(f"/runs/{row['id']}").json()["data"]["sets"]["train"]["skipped"]
    assert [path for path, _ in skipped] == ["0/torn.png"]
