"""What the other interfaces can do, done on the page to its result, with a small convolutional network."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest

import convonet

pytestmark = pytest.mark.slow
LONG_MS = 120_000
DATA = {"train_dir": "digits", "image_size": "16"}
NETWORK = {"family": "convonet", "num_filters": "4", "num_units": "8", "epochs": "2", "batch_size": "16"}
KNOWN: dict[str, Any] = {"data": DATA, "hyper": NETWORK, "recipe": "none"}


@pytest.fixture(scope="module")
def served(networks: Any) -> Any:
    """A server with the trainings `first` and `second` of convolutional networks, and a model file."""
    return networks


@pytest.fixture
def at(served: Any, ready: Callable[..., Any]) -> Callable[..., Any]:
    """`at(page)`: a page with images, a network and the model `first`."""
    return lambda name, known=KNOWN | {"model": "first"}, **more: ready(
        name, known=known, url=served.url, **more
    )


def card(page: Any, title: str) -> Any:
    return page.locator(".card", has=page.get_by_role("heading", name=title, exact=True))


def loaded(picture: Any) -> bool:
    """Whether an image was shown, not only its frame."""
    picture.wait_for(timeout=LONG_MS)
    picture.scroll_into_view_if_needed()
    script = "async (e) => { e.loading = 'eager'; await e.decode(); return e.naturalWidth > 8; }"
    return bool(picture.evaluate(script))


@pytest.mark.parametrize("method", ["Grad-CAM", "Saliency", "Occlusion"])
def test_heat_maps(at: Callable[..., Any], method: str) -> None:
    page = at("explain")
    part = card(page, "Why this prediction")
    part.get_by_label("Method").select_option(method)
    part.get_by_label("Class").locator("option", has_text="7").wait_for(state="attached")
    part.get_by_label("Class").select_option("7")
    page.get_by_role("group", name="Test images").locator("button").nth(3).click()
    part.get_by_role("button", name="Explain").click()
    part.get_by_text("Bright areas had the most influence on the score of 7").wait_for(timeout=LONG_MS)
    assert loaded(part.locator("img"))


def test_a_heat_map_is_checked(at: Callable[..., Any]) -> None:
    page = at("explain")
    part = card(page, "Why this prediction")
    page.locator("#faithful").check()
    page.get_by_role("group", name="Test images").locator("button").first.wait_for()
    part.get_by_role("button", name="Explain").click()
    part.locator("p b").wait_for(timeout=LONG_MS)
    assert len(part.locator("p b").inner_text()) > 20


def test_filters_and_feature_maps(at: Callable[..., Any]) -> None:
    page = at("explain")
    part = card(page, "Filters and feature maps")
    page.get_by_role("group", name="Test images").locator("button").first.wait_for()
    part.get_by_role("button", name="Show layers").click()
    assert loaded(part.get_by_alt_text(re.compile("^Filters of")).first)
    assert loaded(part.get_by_alt_text(re.compile("^After")).first)


def test_what_excites_a_channel(at: Callable[..., Any]) -> None:
    page = at("explain")
    part = card(page, "What activates a channel")
    part.get_by_label("Layer").locator("option").nth(1).wait_for(state="attached", timeout=LONG_MS)
    part.get_by_label("Channel").fill("1")
    part.get_by_label("Steps").fill("8")
    part.get_by_role("button", name="Generate picture").click()
    assert loaded(part.locator("img"))


def test_the_kernel_explorer(at: Callable[..., Any]) -> None:
    page = at("explain")
    part = card(page, "Kernel explorer")
    page.get_by_role("group", name="Test images").locator("button").first.wait_for()
    page.locator("#kernel").fill("0 0 0 / 0 2 0 / 0 0 0")
    part.get_by_role("button", name="Apply the kernel").click()
    part.get_by_text("8 × 8 → 8 × 8; values from 0 to").wait_for()
    assert part.locator(".kernel-rows td").all_inner_texts()[4] == "2"


def test_an_image_of_ones_own_is_explained(at: Callable[..., Any], served: Any) -> None:
    page = at("explain")
    page.get_by_label("Image file", exact=True).set_input_files(served.image("7"))
    page.get_by_text(served.image("7").name).first.wait_for()
    part = card(page, "Why this prediction")
    part.get_by_role("button", name="Explain").click()
    assert loaded(part.locator("img"))


def test_every_answer_says_why(at: Callable[..., Any], served: Any, drop: Callable[..., None]) -> None:
    page = at("use")
    page.get_by_text("Drop images here").wait_for()
    drop(page, [served.image("7")])
    page.locator(".answer").get_by_role("button", name="Why").click()
    dialog = page.get_by_role("dialog")
    assert loaded(dialog.get_by_alt_text(re.compile("Heat map over")))


def test_a_model_file_is_opened_and_predicts(
    at: Callable[..., Any], served: Any, drop: Callable[..., None]
) -> None:
    page = at("use")
    page.get_by_role("button", name="Open a model file").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="models /").click()
    dialog.get_by_role("button", name="given.keras").click()
    page.get_by_role("dialog").get_by_text("16 × 16 px, grayscale").wait_for()
    page.get_by_role("button", name="Use this model").click()
    page.get_by_text("Drop images here").wait_for()
    chosen = page.get_by_label("Model", exact=True).locator("option[value='models/given.keras']:checked")
    # The models are listed anew before the opened one is selected.
    chosen.wait_for(state="attached", timeout=LONG_MS)
    drop(page, [served.image("7")])
    answer = page.locator(".answer .what")
    answer.wait_for(timeout=LONG_MS)
    sent = [("files", ("seven.png", served.image("7").read_bytes()))]
    direct = served.client.post("/runs/first/predict", files=sent).json()["predictions"][0]
    assert answer.inner_text().startswith(direct["predicted"])


def test_the_pixel_scaling_of_a_model_made_elsewhere_is_chosen_and_kept(
    at: Callable[..., Any], served: Any, drop: Callable[..., None]
) -> None:
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.Input((16, 16, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    file = served.root / "models" / "foreign.keras"
    keras.Sequential(layers).save(file)
    page = at("use", known={"model": "models/foreign.keras"})
    page.get_by_label("Pixel scaling").select_option("−1 to 1")
    drop(page, [served.image("7")])
    answer = page.locator(".answer")
    answer.locator(".what").wait_for(timeout=LONG_MS)
    (direct,) = convonet.predict(file, [served.image("7")], scaling="symmetric")
    assert f"{100 * direct.confidence:.1f}% confident" in answer.inner_text()
    page.reload()
    page.get_by_label("Pixel scaling").locator("option[value=symmetric]:checked").wait_for(state="attached")
    page.get_by_label("Model", exact=True).select_option("first")
    page.get_by_label("Pixel scaling").wait_for(state="detached")


def test_sizes_quality_and_folders(at: Callable[..., Any], served: Any) -> None:
    source = served.image("7")
    shutil.copytree(served.root / "digits", served.root / "doubled", dirs_exist_ok=True)
    shutil.copyfile(source, served.root / "doubled" / "train" / "7" / "same.png")
    page = at("data", known={"data": {"train_dir": "doubled", "image_size": "16"}})
    page.locator("summary", has_text="Sizes and pixels").click()
    page.get_by_text("Networks receive the images as 16 × 16 px, grayscale").wait_for()
    assert loaded(page.get_by_alt_text("Mean image of 7"))
    page.locator("summary", has_text="Quality check").click()
    leaks = page.get_by_role("heading", name="Images in both training and test: 1")
    leaks.wait_for(timeout=LONG_MS)
    pair = page.locator(".strip", has=page.get_by_alt_text("7/same.png"))
    assert loaded(pair.get_by_alt_text(f"7/{source.name}").first)
    page.locator("summary", has_text="Folders").click()
    page.locator(".tree li", has_text=re.compile(r"^7 21$")).wait_for()


def test_a_sample_set(at: Callable[..., Any]) -> None:
    page = at("guide", known={})
    page.get_by_role("button", name="Try it with handwritten digits").click()
    page.get_by_text("1,438 training and 359 test images in 10 classes").wait_for(timeout=LONG_MS)


def test_the_network_is_drawn(at: Callable[..., Any]) -> None:
    page = at("network")
    drawing = page.get_by_role("region", name="Drawing of the network")
    drawing.wait_for(timeout=LONG_MS)
    assert drawing.locator("rect.conv").count() > 1
    assert drawing.locator("rect.dense").count() == 2


def test_augmentation_and_learning_rates_before_training(at: Callable[..., Any]) -> None:
    known = KNOWN | {"hyper": NETWORK | {"rotation": "15"}}
    page = at("params", known=known)
    page.get_by_role("button", name="Preview augmentation").click()
    assert loaded(page.get_by_alt_text("Training images, each with its augmented variations"))
    page.get_by_role("button", name="Find a learning rate").click()
    assert loaded(page.get_by_alt_text("Loss by learning rate"))
    page.get_by_role("button", name="Use this rate").click()
    rate = page.locator("#hyper-init_rate")
    page.wait_for_function("() => Number(JSON.parse(localStorage.getItem('convonet')).hyper.init_rate) > 0")
    assert rate.count() == 1


def test_two_runs_are_compared_beyond_chance(at: Callable[..., Any]) -> None:
    page = at("runs")
    page.locator("#c-first").check()
    page.locator("#c-second").check()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Is the difference due to chance?").wait_for()
    side = page.get_by_role("region", name="Runs side by side")
    assert side.get_by_role("row", name=re.compile("Test accuracy")).count() == 1
    words = card(page, "Side by side").locator("p").first.inner_text()
    assert re.search(r"chance|the same ones|differ", words)


def test_training_goes_on_from_a_model(at: Callable[..., Any], served: Any) -> None:
    page = at("train")
    start = page.get_by_label("Start from")
    start.locator("option[value=first]").wait_for(state="attached")
    start.select_option("first")
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator("#doing", has_text=re.compile("^Done$")).wait_for(timeout=LONG_MS)
    newest = served.client.get("/runs?kind=train").json()["runs"][0]["id"]
    task = served.client.get(f"/runs/{newest}").json()["task"]
    assert task["from_model"].endswith("runs/first")


def test_a_search_shows_its_plots_and_is_resumed_where_it_stopped(at: Callable[..., Any]) -> None:
    known = KNOWN | {"hyper": NETWORK | {"init_rate": "0.01, 0.02", "epochs": "1"}}
    page = at("tune", known=known)
    page.get_by_label("Folds").fill("2")
    page.locator("summary", has_text="As a command and as Python code").click()
    page.locator("pre", has_text="convonet tune").wait_for()
    page.get_by_role("button", name="Tune", exact=True).click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Resume").click(timeout=LONG_MS)
    page.locator("h2", has_text=re.compile("^Done$")).wait_for(timeout=LONG_MS)
    page.get_by_role("columnheader", name="Learning rate").wait_for()
    assert loaded(page.get_by_alt_text("Importance of parameters"))


def test_a_report_gets_the_title_that_is_given(at: Callable[..., Any]) -> None:
    page = at("runs")
    page.locator("#r-second").click()
    detail = page.locator("#detail")
    detail.get_by_role("heading", name="Files").wait_for()
    detail.get_by_role("button", name="Create a report").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_label("Title of the report").input_value() == "second"
    dialog.get_by_label("Title of the report").fill("Digits, <second> try")
    dialog.get_by_role("button", name="Create").click()
    page.get_by_text("The report is ready").wait_for(timeout=LONG_MS)
    address = detail.get_by_role("link", name="Report", exact=True).evaluate("e => e.href")
    answer = page.request.get(address)
    assert answer.status == 200
    assert "Digits, &lt;second&gt; try" in answer.text()


def test_about_says_what_the_server_can_do(at: Callable[..., Any]) -> None:
    page = at("data")
    page.goto(page.url.replace("#data", "#about"))
    page.get_by_role("heading", name="Features").wait_for()
    page.get_by_text("Checking this server").wait_for(state="detached", timeout=LONG_MS)
    assert card(page, "Features").get_by_role("row").count() > 2


def test_the_theme_is_chosen_and_kept(at: Callable[..., Any]) -> None:
    page = at("data", color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    for words in ("Light", "Dark"):
        page.get_by_role("button", name="Theme:").click()
        page.get_by_role("button", name=f"Theme: {words}").wait_for()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    page.get_by_role("heading", name="Data").wait_for()
    assert page.evaluate(ground) == dark


def test_the_tour_points_at_real_things_of_every_page(at: Callable[..., Any]) -> None:
    page = at("data")
    page.get_by_role("link", name="First steps and help").click()
    page.get_by_role("button", name="Show me around").click()
    card = page.get_by_role("dialog", name="Tour")
    seen = []
    for number in range(1, 9):
        card.get_by_text(f"{number} of 8").wait_for()
        ring = page.locator(".tour-ring")
        page.wait_for_function(
            "() => document.querySelector('.tour-ring').getBoundingClientRect().width > 40"
        )
        page.wait_for_timeout(600)
        box = ring.bounding_box()
        assert box["y"] + box["height"] > 0
        assert box["y"] < 860
        own = card.bounding_box()
        assert own["x"] >= 0
        assert own["y"] >= 0
        assert own["y"] + own["height"] <= 860
        seen.append(page.evaluate("location.hash.slice(1)"))
        card.locator(".primary").click()
    assert seen == ["data", "data", "params", "train", "test", "use", "explain", "runs"]
    assert card.count() == 0
