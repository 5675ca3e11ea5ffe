"""The page in a browser: a new person's whole way on a few digits, and what every page owes to everybody."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGES = ("data", "params", "network", "train", "test", "use", "tune", "runs")


def choose_folder(page: Any, button: str, *names: str) -> None:
    """Go into folders of the dialog and take the last one."""
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    for name in names:
        dialog.get_by_role("button", name=f"{name} /").click()
        dialog.get_by_text(name, exact=False).first.wait_for()
    dialog.get_by_role("button", name="Use this folder").click()


def set_field(page: Any, name: str, text: str) -> None:
    """Type into a field of a form, whose group is opened for it."""
    field = page.locator(f"#hyper-{name}, #data-{name}").first
    field.evaluate("field => { const group = field.closest('details'); if (group) group.open = true; }")
    field.select_option(text) if field.evaluate("f => f.tagName") == "SELECT" else field.fill(text)


def cut(source: Path, target: Path) -> None:
    """A few images of three classes, for training and for testing."""
    for split, count in (("train", 24), ("test", 8)):
        for folder in sorted((source / split).iterdir())[:3]:
            (target / split / folder.name).mkdir(parents=True)
            for file in sorted(folder.iterdir())[:count]:
                shutil.copyfile(file, target / split / folder.name / file.name)


def test_a_new_persons_way(
    serve: Callable[..., Any],
    visit: Callable[..., Any],
    go: Callable[..., None],
    drop: Callable[..., None],
) -> None:
    served = serve()
    page = visit(served.url)
    page.get_by_text("No images yet").wait_for()
    choose_folder(page, "Choose training images", "digits")
    page.get_by_text("60 training and 24 test images in 3 classes").wait_for()
    page.locator(".pic img").first.wait_for()

    go(page, "params")
    assert page.get_by_role("radio", name="Balanced").is_checked()
    assert page.locator("#minutes").get_attribute("placeholder") == "5"
    page.get_by_role("radio", name="Best").check()
    page.get_by_text("up to about 30 minutes").wait_for()
    assert page.locator("#hyper-epochs").count() == 0
    page.get_by_role("radio", name="Expert").check()
    page.locator("#hyper-epochs").wait_for(state="attached")
    assert page.locator("#minutes").is_hidden()
    set_field(page, "family", "logistic")
    set_field(page, "epochs", "two")
    page.get_by_text('epochs (Epochs): expected a whole number ≥ 1 and ≤ 100,000, received "two"').wait_for()
    set_field(page, "epochs", "2")
    set_field(page, "batch_size", "16")
    page.get_by_text("Empty fields use the default").wait_for()

    go(page, "train")
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator(".lead", has_text="digits · Logistic").wait_for()
    page.locator("#doing", has_text=re.compile("^Done$")).wait_for()
    assert page.locator(".chart path").count() == 4

    go(page, "test")
    page.get_by_text("of 24 images are predicted correctly").wait_for()
    for words in page.locator(".matrix button").evaluate_all("all => all.map((e) => e.ariaLabel)"):
        mistake = re.match(r"(.+) mistaken for (.+): ", words)
        assert mistake is None or mistake[1] != mistake[2]
    cell = page.locator(".matrix button:not([disabled])").first
    said = cell.get_attribute("aria-label")
    count = int(re.search(r": (\d+) of", said)[1])
    cell.click()
    page.locator("#answers h2", has_text=re.compile(f": {count} image")).wait_for()
    page.locator("#answers .pic").first.click()
    page.get_by_role("dialog").get_by_text("Prediction:").wait_for()
    page.keyboard.press("Escape")

    go(page, "use")
    page.get_by_text("Drop images here").wait_for()
    drop(page, [served.image("7")])
    answer = page.locator(".answer")
    answer.locator(".bar").first.wait_for()
    shown = answer.locator(".what").inner_text()
    (run,) = [r["id"] for r in served.client.get("/runs").json()["runs"] if r["id"] != "trained"]
    sent = [("files", ("seven.png", served.image("7").read_bytes()))]
    response = served.client.post(f"/runs/{run}/predict", files=sent)
    assert response.status_code == 200, response.text
    direct = response.json()["predictions"][0]
    assert direct["predicted"] in shown


def test_a_run_with_long_paths_on_a_phone(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    record = root / "runs" / "trained" / "run.json"
    record.write_text(record.read_text().replace(str(root / "digits"), str(root / ("images" * 12))))
    page = ready("runs", url=serve().url, width=390, height=844)
    page.get_by_role("button", name="trained").first.click()
    page.get_by_role("heading", name="Parameters").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", [name for name in PAGES if name != "network"])
def test_every_page_on_a_phone(ready: Callable[..., Any], name: str) -> None:
    page = ready(name, width=390, height=844)
    page.wait_for_load_state("networkidle") if name not in ("train", "tune") else page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    nameless = """
    () => [...document.querySelectorAll("button, a, input, select, textarea, svg[tabindex], canvas")]
      .filter((e) => e.offsetParent !== null || e.tagName === "svg")
      .filter((e) => !(e.ariaLabel || e.labels?.[0]?.textContent.trim() || e.textContent.trim()))
      .map((e) => e.outerHTML.slice(0, 120))
    """
    assert page.evaluate(nameless) == []
    assert page.evaluate("document.querySelectorAll('h1').length") == 1


def test_the_keyboard_reaches_everything(ready: Callable[..., Any]) -> None:
    page = ready("data")
    page.locator(".pic").first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.locator(".pic").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-posinset')") == "2"
    page.keyboard.press("End")
    page.wait_for_function("() => document.activeElement.getAttribute('aria-posinset') === '60'")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")


def test_pictures_that_left_are_given_up(ready: Callable[..., Any]) -> None:
    page = ready("params", width=390, height=844)
    held, failed = [], []
    page.route(re.compile(r"/api/v1/images\?"), lambda route: held.append(route))
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.evaluate("location.hash = 'data'")
    page.locator(".pic").first.wait_for()
    first = page.locator(".pic img").evaluate_all("all => all.map((e) => e.src)")
    page.locator(".pic").nth(1).focus()
    page.locator(".grid").evaluate("grid => { grid.scrollTop = grid.scrollHeight; }")
    page.locator(".pic[aria-posinset='60']").wait_for()
    page.wait_for_timeout(100)
    shown = page.locator(".pic img").evaluate_all("all => all.map((e) => e.src)")
    assert len(shown) <= 45
    assert set(failed) == set(first) - set(shown)
    assert page.evaluate("document.activeElement.getAttribute('aria-posinset')") == "2"
    order = page.locator(".pic").evaluate_all("all => all.map((e) => Number(e.ariaPosInSet))")
    assert order == sorted(order)
    page.unroute_all(behavior="ignoreErrors")


def test_pictures_are_selected(ready: Callable[..., Any]) -> None:
    page = ready("data")
    pictures = page.get_by_role("listbox", name="Images")
    pictures.get_by_role("option").first.focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    assert pictures.get_by_role("option", selected=True).count() == 2
    pictures.get_by_role("option").nth(4).click(modifiers=["Control"])
    pictures.get_by_role("option").first.locator(".check").click()
    chosen = pictures.get_by_role("option", selected=True)
    assert chosen.evaluate_all("all => all.map((e) => e.ariaPosInSet)") == ["2", "5"]


def test_nothing_comes_from_elsewhere(visit: Callable[..., Any], shared: Any) -> None:
    page = visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(shared.url)
    page.get_by_role("heading", name="Data").wait_for()
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((shared.url, "blob:", "data:"))] == []


def test_the_plan_follows_the_images_and_the_values(
    ready: Callable[..., Any], go: Callable[..., None]
) -> None:
    page = ready("data", known={"data": {"train_dir": "digits"}})
    page.get_by_text("60 small images, 3 classes").wait_for()
    go(page, "train")
    choices = page.locator(".choices .choice b")
    assert choices.all_inner_texts() == ["Fast", "Balanced", "Best", "Expert"]
    assert page.get_by_role("radio", name="Balanced").is_checked()
    page.get_by_label("Minutes").fill("none")
    page.get_by_text("Minutes must be a number above 0").first.wait_for()
    assert page.get_by_role("button", name="Train", exact=True).is_disabled()
    page.get_by_label("Minutes").fill("2")
    page.get_by_text("up to about 2 minutes").wait_for()
    page.locator("summary", has_text="As a command and as Python code").click()
    page.locator("pre", has_text="--minutes 2").wait_for()

    go(page, "params")
    page.get_by_role("radio", name="Expert").check()
    schedule = page.locator("#hyper-schedule")
    schedule.wait_for(state="attached")
    assert schedule.input_value() == "one_cycle"
    page.get_by_label("Search parameters").fill("batch size")
    assert page.locator("#hyper-schedule").is_hidden()
    set_field(page, "batch_size", "8")
    page.locator(".differs", has_text="The plan uses").wait_for()
    page.get_by_role("button", name="Defaults").click()
    assert page.get_by_role("radio", name="Expert").is_checked()
    assert schedule.input_value() == ""
    set_field(page, "batch_size", "8")
    page.get_by_role("radio", name="Balanced").check()
    page.get_by_text("Your values, used for every candidate to which they apply: Batch size 8").wait_for()
    page.get_by_role("button", name="Remove Batch size").click()
    page.get_by_text("Your values, used for every candidate").wait_for(state="detached")
    assert page.locator("#hyper-num_filters").count() == 0

    go(page, "network")
    page.get_by_label("Candidate").locator("option").first.wait_for(state="attached")


def test_the_form_of_an_older_page_begins_with_auto(ready: Callable[..., Any]) -> None:
    old = {"family": "convonet", "epochs": "10"}
    page = ready("params", known={"hyper": old, "recipe": "fast", "recipeHyper": old})
    assert page.get_by_role("radio", name="Balanced").is_checked()
    assert page.evaluate("JSON.parse(localStorage.getItem('convonet')).hyper.epochs ?? null") is None


@pytest.mark.slow
@pytest.mark.data
def test_train_compares_candidates_and_tells_what_to_do_next(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any], real_data: Callable[[str], Path]
) -> None:
    cut(real_data("flowers_128"), root / "flowers")
    page = ready(
        "train", known={"data": {"train_dir": "flowers"}, "recipe": "fast", "minutes": "2"}, url=serve().url
    )
    page.get_by_text("3 classes").first.wait_for()
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator("#doing", has_text=re.compile(r"^\[1/\d\] ")).wait_for()
    page.get_by_text("A first model is ready: test accuracy").or_(
        page.locator("#doing", has_text=re.compile("^Done$"))
    ).first.wait_for(timeout=200_000)
    page.locator("#doing", has_text=re.compile("^Done$")).wait_for(timeout=200_000)
    tried = page.get_by_role("region", name="What was tried")
    chosen = tried.locator("tr.best")
    chosen.get_by_text("chosen").wait_for()
    assert re.search(r"\d+\.\d%.*\d+\.\d–\d+\.\d%", chosen.inner_text(), re.DOTALL)
    test = page.locator(".card", has=page.get_by_role("heading", name="Test", exact=True))
    assert re.search(r"95% CI \d+\.\d–\d+\.\d%", test.inner_text())
    assert "33.3%" in test.locator(".tile", has_text="Baseline").inner_text()
    step = page.locator(".advice li", has_text="Fine-tuning the backbone may give a better model")
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and answer.url.endswith("/runs")
    ) as sent:
        step.get_by_role("button", name="Apply and train again").click()
    assert sent.value.status == 201
    assert sent.value.request.post_data_json["options"]["recipe"] == "auto"
    page.get_by_role("button", name="Stop").click()
    page.locator("#doing", has_text="Stopped").wait_for(timeout=240_000)
    assert page.get_by_role("radio", name="Balanced").is_checked()


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(600)
def test_a_folder_of_photographs_reaches_what_the_command_line_reaches(
    flowers_by_command: dict[str, Any],
    root: Path,
    serve: Callable[..., Any],
    visit: Callable[..., Any],
    go: Callable[..., None],
    real_data: Callable[[str], Path],
) -> None:
    shutil.copytree(real_data("flowers_128"), root / "photographs")
    page = visit(serve().url)
    choose_folder(page, "Choose training images", "photographs")
    page.get_by_text("1,000 training and 300 test images in 5 classes").wait_for()
    page.locator("summary", has_text="How to train").click()
    page.get_by_label("Minutes").fill("1")
    page.get_by_text("up to about 1 minute in all").first.wait_for()
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator("#doing", has_text=re.compile(r"^\[1/\d\] ")).wait_for()
    page.locator("#doing", has_text=re.compile("^Done$")).wait_for(timeout=200_000)
    test = page.locator(".card", has=page.get_by_role("heading", name="Test", exact=True))
    shown = re.search(r"(\d+\.\d)%", test.locator(".tile", has_text="Test accuracy").inner_text())
    assert shown is not None, test.inner_text()
    assert float(shown[1]) == pytest.approx(100 * flowers_by_command["test"]["accuracy"], abs=1)


def test_an_offered_class_map_is_taken(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    for name in ("train", "test"):
        shutil.copytree(root / "digits" / name, root / "named" / name)
    folder = next((root / "named" / "test").iterdir())
    folder.rename(folder.with_name(f"{folder.name}_photos"))
    page = ready("data", known={"data": {"train_dir": "named"}}, url=serve().url)
    page.get_by_text("Test images cannot be used").wait_for()
    row = page.get_by_role("row", name=re.compile("_photos"))
    assert row.locator("td").last.inner_text() == folder.name
    page.get_by_role("button", name="Use this class map").click()
    page.get_by_text("60 training and 24 test images").wait_for()
    assert page.get_by_text("Test images cannot be used").count() == 0


def test_mistakes_are_marked(
    serve: Callable[..., Any], visit: Callable[..., Any], ready: Callable[..., Any], go: Callable[..., None]
) -> None:
    served = serve()
    page = ready("test", url=served.url)
    answers = page.get_by_role("listbox", name="Predictions")
    page.locator(".matrix button:not([disabled])").first.click()
    answers.get_by_role("option").first.focus()
    page.keyboard.press("Space")
    page.get_by_text("1 image selected").wait_for()
    page.get_by_label("True class").select_option("7")
    with page.expect_response(re.compile("/datasets$")):
        page.get_by_role("button", name="Set label").click()
    page.get_by_text("1 image is marked").wait_for()
    answers.get_by_text("labeled 7").wait_for()
    go(page, "data")
    page.get_by_text("60 training and 24 test images").wait_for()
    page.locator(".pic").first.locator(".check").click()
    page.get_by_role("button", name="Leave out").click()
    page.get_by_text("59 training and 24 test images").wait_for()
    page.get_by_text("Marked images: 2").click()
    for count in (1, 0):
        page.get_by_role("button", name="Remove the mark from").first.click()
        page.get_by_text(f"Marked images: {count}").wait_for(state="visible" if count else "detached")
        if count:
            page.get_by_text("Marked images: 1").wait_for()
    page.get_by_text("60 training and 24 test images").wait_for()


def test_curves_and_calibration(ready: Callable[..., Any]) -> None:
    page = ready("test")
    for name, shown in (("Curves", 2), ("Calibration", 2)):
        page.locator("summary", has_text=name).click()
        part = page.locator("details[open]", has=page.locator("summary", has_text=name))
        part.locator(".plane path").nth(shown - 1).wait_for()
        assert part.locator(".plane").count() == shown
    page.get_by_text("Calibration error (ECE)").wait_for()
    page.locator("summary", has_text="All metrics").click()
    page.get_by_role("cell", name="Balanced accuracy").wait_for()
    page.locator("summary", has_text="All sets").click()
    page.get_by_role("cell", name="during training").first.wait_for()


def test_the_token_is_asked_for(serve: Callable[..., Any], visit: Callable[..., Any]) -> None:
    served = serve(token="a-long-token-of-the-test")
    page = visit(served.url, allowed="401")
    page.get_by_label("Token", exact=True).fill("wrong")
    page.get_by_role("button", name="Open").click()
    page.get_by_text("The token is wrong").wait_for()
    page.get_by_label("Token", exact=True).fill("a-long-token-of-the-test")
    page.get_by_role("button", name="Open").click()
    page.get_by_text("No images yet").wait_for()


def test_drawing_and_pasting(ready: Callable[..., Any]) -> None:
    page = ready("use")
    pad = page.locator("canvas.pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 90, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 190, box["y"] + 60)
    page.mouse.move(box["x"] + 130, box["y"] + 220, steps=5)
    page.mouse.up()
    drawn = page.locator(".card", has=page.get_by_role("heading", name="Draw")).locator(".big")
    page.wait_for_function("e => ['0', '1', '7'].includes(e.textContent)", arg=drawn.element_handle())


def test_files_of_parameters(ready: Callable[..., Any], tmp_path: Path) -> None:
    page = ready("params")
    (tmp_path / "mine.json").write_text(json.dumps({"num_units": [64, 128], "init_rate": 0.01}))
    page.locator("input[type=file]").set_input_files(tmp_path / "mine.json")
    page.get_by_text("Units is varied: 2 settings to tune").wait_for()
    assert page.locator("#hyper-num_units").input_value() == "64, 128"
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    saved_values = {"format_version": 2, "num_units": [64, 128], "init_rate": [0.01], "save_best": "none"}
    assert json.loads(saved.value.path().read_text()) == saved_values
