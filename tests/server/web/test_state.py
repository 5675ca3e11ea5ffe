"""New images leave nothing of the old ones on the page, and what cannot be trained on is said in its own sentence."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .test_page import set_field


def known(page: Any) -> dict[str, Any]:
    """What the browser keeps."""
    found: dict[str, Any] = page.evaluate("JSON.parse(localStorage.getItem('convonet'))")
    return found


def test_other_images_drop_what_belonged_to_the_old_ones(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any], go: Callable[..., None]
) -> None:
    shutil.copytree(root / "digits" / "train", root / "others")
    data = {"train_dir": "digits", "test_dir": "digits/test", "image_size": "8"}
    before = {
        "data": data,
        "hyper": {"family": "logistic", "epochs": "7"},
        "model": "trained",
        "training": "trained",
    }
    page = ready("train", known=before, url=serve().url)
    page.locator("#doing", has_text=re.compile("^Done$")).wait_for()
    go(page, "data")
    page.get_by_text("60 training and 24 test images in 3 classes").wait_for()
    page.get_by_role("button", name="Choose training images").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="↑ Up").click()
    dialog.get_by_role("button", name="others /").click()
    dialog.get_by_text("others", exact=True).wait_for()
    dialog.get_by_role("button", name="Use this folder").click()
    page.get_by_text("60 training images in 3 classes").wait_for()
    page.get_by_text("There are no test images").wait_for()
    kept = known(page)
    assert (kept["data"], kept["hyper"], kept["recipe"]) == ({"train_dir": "others"}, {}, "auto")
    assert (kept["model"], kept["training"], kept["search"]) == ("", "", "")
    assert page.locator("#rail").get_by_text("model ready").count() == 0
    go(page, "train")
    page.get_by_role("heading", name="Nothing trained yet").wait_for()
    assert page.locator("#doing").is_hidden()
    for name in ("test", "use"):
        go(page, name)
        page.get_by_role("heading", name="No model yet").wait_for()
        assert page.get_by_label("Model", exact=True).input_value() == ""
    page.get_by_label("Model", exact=True).select_option("trained")
    page.get_by_text("Drop images here").wait_for()
    go(page, "test")
    page.get_by_text("This model was trained on other images: digits.").wait_for()


def test_a_run_of_other_images_says_so(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    shutil.copytree(root / "digits", root / "others")
    page = ready("train", known={"data": {"train_dir": "others"}}, url=serve().url)
    page.get_by_role("heading", name="Nothing trained yet").wait_for()
    page.goto(page.url.replace("#train", "#train/trained"))
    page.get_by_text("This training run used other images: digits.").wait_for()
    page.get_by_role("button", name="Choose these images").click()
    page.get_by_text("This training run used other images").wait_for(state="hidden")
    assert known(page)["data"]["train_dir"].endswith("digits/train")


SENTENCES = {
    "empty": "There are no images in bad/empty (found: an empty folder).",
    "one": "There is only one class in bad/one (found: only); training needs two or more.",
    "text": "There are no images in bad/text (found: only 2 skipped files",
}


@pytest.mark.parametrize("name", list(SENTENCES))
def test_images_that_cannot_be_trained_on(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any], go: Callable[..., None], name: str
) -> None:
    for folder in ("empty", "one/only", "text/class"):
        (root / "bad" / folder).mkdir(parents=True)
    shutil.copyfile(
        next((root / "digits" / "train" / "7").iterdir()), root / "bad" / "one" / "only" / "1.png"
    )
    (root / "bad" / "text" / "class" / "notes.txt").write_text("no image")
    page = ready("data", known={"data": {"train_dir": f"bad/{name}"}}, url=serve().url)
    page.get_by_text("Training images cannot be used").wait_for()
    assert SENTENCES[name] in page.locator("[role=alert] p").first.inner_text()
    assert page.locator(".planned").count() == 0
    go(page, "train")
    assert page.get_by_role("button", name="Train", exact=True).is_disabled()
    page.locator(".lead", has_text=SENTENCES[name].split(" (")[0]).wait_for()


def test_no_images_at_all(
    serve: Callable[..., Any], visit: Callable[..., Any], go: Callable[..., None]
) -> None:
    page = visit(serve().url)
    page.get_by_text("No images yet").wait_for()
    go(page, "train")
    page.locator("#doing", has_text=re.compile("^Done$")).wait_for()
    assert (
        page.get_by_role("button", name="Train", exact=True).get_attribute("title")
        == "Choose training images first"
    )


def test_test_images_are_held_out_with_one_click(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    shutil.copytree(root / "digits" / "train", root / "others")
    page = ready("data", known={"data": {"train_dir": "others"}}, url=serve().url)
    page.get_by_role("button", name="Hold out 20% for testing").click()
    page.get_by_text("48 training and 12 test images in 3 classes").wait_for()
    assert page.get_by_text("There are no test images").count() == 0


def test_backbones_are_cards_that_set_the_image_size(ready: Callable[..., Any]) -> None:
    page = ready(
        "params", known={"data": {"train_dir": "digits"}, "hyper": {"family": "transfer"}, "recipe": "none"}
    )
    cards = page.get_by_role("group", name="Backbone")
    cards.get_by_role("radio").nth(9).wait_for()
    lite = cards.locator("label", has_text="EfficientNet-Lite2")
    assert "4.9 million parameters, 260 px" in lite.inner_text()
    cards.get_by_role("radio", name="EfficientNet-Lite2").check()
    page.wait_for_function(
        "() => JSON.parse(localStorage.getItem('convonet')).hyper.base === 'efficientnet_lite2'"
    )
    assert known(page)["data"] == {"train_dir": "digits", "image_size": "260", "channels": "3"}
    page.get_by_role("button", name="Data", exact=True).click()
    assert page.locator("#data-image_size").input_value() == "260"


def test_answers_are_those_of_the_model_that_is_chosen(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any], drop: Callable[..., None]
) -> None:
    shutil.copytree(root / "runs" / "trained", root / "runs" / "second")
    record = root / "runs" / "second" / "run.json"
    record.write_text(record.read_text().replace('"id": "trained"', '"id": "second"'))
    served = serve()
    page = ready("use", known={"data": {"train_dir": "digits"}, "model": "trained"}, url=served.url)
    page.get_by_text("Drop images here").wait_for()
    drop(page, [served.image("7")])
    page.locator(".answer .what").wait_for()
    page.get_by_label("Model", exact=True).select_option("second")
    page.locator(".answer").wait_for(state="detached")
    drop(page, [served.image("1")])
    page.locator(".answer .what").wait_for()
    assert known(page)["model"] == "second"


def test_settings_are_found(ready: Callable[..., Any]) -> None:
    page = ready("params")
    page.get_by_label("Search parameters").fill("weight decay")
    shown = page.locator("form .field:visible label").all_inner_texts()
    assert any("Weight decay" in text for text in shown)
    assert len(shown) < 6
    page.get_by_label("Search parameters").fill("no such thing")
    page.get_by_text("No parameter matches.").wait_for()
    page.get_by_label("Search parameters").fill("")
    set_field(page, "epochs", "3")
    page.get_by_label("Only values that are set").check()
    assert page.locator("form .field:visible").count() == 2


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_from_a_folder_to_the_summary_in_four_clicks(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    shutil.copytree(root / "digits", root / "mine")
    page = ready("data", known={"minutes": "0.3"}, url=serve().url)
    page.evaluate(
        "window.clicks = 0; document.addEventListener('click', () => { window.clicks += 1; }, true)"
    )
    page.get_by_role("button", name="Choose training images").click()
    page.get_by_role("dialog").get_by_role("button", name="mine /").click()
    page.get_by_role("dialog").get_by_role("button", name="train /").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Use this folder").click()
    page.get_by_text("up to about 20 seconds").wait_for()
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("heading", name="What was tried").wait_for(timeout=200_000)
    assert page.evaluate("window.clicks") == 4
    test = page.locator(".card", has=page.get_by_role("heading", name="Test", exact=True))
    assert re.search(r"Test accuracy\s+\d+\.\d%\s+95% CI \d+\.\d–\d+\.\d%", test.inner_text())
    assert "33.3%" in test.locator(".tile", has_text="Baseline").inner_text()
    for name in ("Use the model", "See mistakes", "Export", "Improve", "Report"):
        assert page.get_by_role("link", name=name, exact=True).is_visible()
    page.get_by_role("link", name="See mistakes").click()
    page.get_by_text("of 24 images are predicted correctly").wait_for()
    assert page.get_by_label("Images", exact=True).input_value() == "test"
