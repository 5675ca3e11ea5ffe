"""The exported page: equal to Keras in a real browser, without a network once loaded, for fingers and for keys."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet import api
from convonet.errors import InputError, ModelFileError, OutputError
from convonet.exporting import browsers, web
from convonet.exporting.runtime import HASHES
from convonet.inference.net_input import NetInput
from convonet.nets import create_model
from convonet.nets.backend import name
from convonet.params import HyperParams, PixelParams

pytestmark = pytest.mark.skipif(name() != "torch", reason="the exporters of the torch backend")
PIXELS = PixelParams(24, 20, 3, "crop", "bicubic", "white")
CLASSES = ["dog", "猫 cat"]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Test images of two classes: PNG with and without transparency, JPEG, grey."""
    root = tmp_path_factory.mktemp("web") / "sets"
    draw = np.random.default_rng(6)
    for part in ("train", "test"):
        for label in CLASSES:
            folder = root / part / label
            folder.mkdir(parents=True)
            for number in range(3):
                small = Image.fromarray(draw.integers(0, 256, (6, 5, 4), dtype=np.uint8), "RGBA")
                image = small.resize((70, 50 + 10 * number), Image.Resampling.BICUBIC)
                image.save(folder / f"clear{number}.png")
                image.convert("RGB").save(folder / f"photo{number}.jpg")
                image.convert("L").save(folder / f"grey{number}.png")
    return root


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with a threshold and a temperature."""
    folder = tmp_path_factory.mktemp("model")
    net = create_model(
        HyperParams.of({"num_filters": 4, "num_units": 8, "seed": 4}), NetInput(PIXELS, tuple(CLASSES))
    )
    net.info = net.info.changed(threshold=0.4, positive=CLASSES[1], temperature=1.7)
    net.save(folder / "model.keras")
    return folder / "model.keras"


@pytest.fixture(scope="module")
def exported(model: Path, images: Path, ort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported folder, which Chromium has checked."""
    if browsers.find_chromium() is None:
        pytest.skip("there is no Chromium here")
    folder = tmp_path_factory.mktemp("exported") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(folder.parent / "home"))
        made = api.export(model, "web", out=folder, data={"train_dir": str(images)}, runtime=ort)
    assert Path(made["path"]) == folder
    assert made["largest_difference"] <= 1e-5
    assert (made["golden_samples"], made["samples"], bool(made["browser"])) == (8, "test", True)
    return folder


def ready(page: Any) -> Any:
    page.get_by_role("button", name="Choose images").wait_for()
    return page


def shown(page: Any, count: int) -> dict[str, dict[str, float]]:
    """By file name: the bars of each answer, and which class is the answer."""
    page.locator(".answer .bars").nth(count - 1).wait_for()
    cards = page.locator(".answer").evaluate_all(
        """(cards) => cards.map((card) => [
          card.querySelector(".name").textContent,
          card.querySelector(".predicted").textContent,
          [...card.querySelectorAll("li")].map((li) => [li.children[0].textContent, li.children[2].textContent]),
        ])"""
    )
    return {name: {"predicted": said} | dict(bars) for name, said, bars in cards}


def test_the_check_page_agrees(exported: Path, visit: Callable[..., Any]) -> None:
    page = visit(exported, "check.html")
    page.locator("#state.good").wait_for()
    assert page.locator("#state").text_content() == (
        "Same predictions as at export for 8 images, within 0.0001."
    )
    assert page.locator("#rows tr").count() == 8


def test_it_answers_as_convonet_does(
    exported: Path, model: Path, images: Path, visit: Callable[..., Any]
) -> None:
    """Chosen files of every kind, with the model's threshold and temperature."""
    files = sorted((images / "test" / "dog").iterdir())
    page = ready(visit(exported))
    page.locator("#files").set_input_files(files)
    found = shown(page, len(files))
    answers = api.predict(model, files)
    assert len({answer["predicted"] for answer in answers}) == 2 or answers[0]["confidence"] != 0.5
    for file, answer in zip(files, answers, strict=True):
        expected = {each["class"]: f"{100 * each['probability']:.1f}%" for each in answer["top"]}
        assert found[file.name] == {"predicted": answer["predicted"], **expected}, file.name


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_serious_accessibility_fault(
    exported: Path,
    images: Path,
    visit: Callable[..., Any],
    axe_faults: Callable[[Any], list[Any]],
    theme: str,
) -> None:
    page = ready(visit(exported, color_scheme=theme))
    page.locator("#files").set_input_files(sorted((images / "test" / "dog").iterdir())[:2])
    shown(page, 2)
    assert axe_faults(page) == []
    page = visit(exported, "check.html", color_scheme=theme)
    page.locator("#state.good").wait_for()
    assert axe_faults(page) == []


@pytest.mark.slow
def test_dropped_and_pasted_images(exported: Path, images: Path, visit: Callable[..., Any]) -> None:
    file = images / "test" / "dog" / "grey0.png"
    page = ready(visit(exported))
    give = """async ([kind, bytes, name]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(bytes)], name, {type: "image/png"}));
      const event = kind === "drop"
        ? new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})
        : new ClipboardEvent("paste", {clipboardData: data, bubbles: true});
      document.querySelector("#drop").dispatchEvent(event);
    }"""
    page.evaluate(give, ["drop", list(file.read_bytes()), "dropped.png"])
    page.evaluate(give, ["paste", list(file.read_bytes()), "pasted.png"])
    found = shown(page, 2)
    assert found["dropped.png"] == found["pasted.png"]
    page.evaluate(give, ["drop", [1, 2, 3], "letter.txt"])
    page.get_by_text("This browser cannot read the file as an image.").wait_for()


def test_it_opens_without_a_network_once_loaded(
    exported: Path, images: Path, visit: Callable[..., Any], tmp_path: Path
) -> None:
    """The server loses all its files, and the browser its network."""
    site = Path(shutil.copytree(exported, tmp_path / "site"))
    page = ready(visit(site))
    page.locator("#offline.good").wait_for()
    assert page.locator("#offline").text_content() == "Available offline"
    shutil.rmtree(site)
    page.context.set_offline(True)
    page.goto("about:blank")
    page.go_back()
    ready(page)
    page.locator("#files").set_input_files([images / "test" / "dog" / "grey0.png"])
    assert list(shown(page, 1)) == ["grey0.png"]
    page.get_by_role("link", name="Check the predictions").click()
    page.locator("#state.good").wait_for()


@pytest.mark.slow
def test_the_camera(exported: Path, visit: Callable[..., Any]) -> None:
    page = ready(visit(exported, permissions=["camera"]))
    page.get_by_role("button", name="Start camera").click()
    page.locator("#live-answer .predicted").wait_for()
    page.get_by_role("button", name="Take picture").click()
    assert list(shown(page, 1)) == ["Camera"]
    page.get_by_role("button", name="Stop camera").click()
    assert page.locator("#live").is_hidden()
    assert page.evaluate("document.getElementById('video').srcObject") is None


@pytest.mark.slow
def test_by_keyboard_on_a_phone(exported: Path, visit: Callable[..., Any]) -> None:
    page = ready(visit(exported, width=360, height=740))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "choose"
    # A dialog of the system would stay open.
    page.evaluate(
        """document.getElementById("files").addEventListener("click", (event) => {
          event.preventDefault();
          document.title = "asked for files";
        })"""
    )
    page.keyboard.press("Enter")
    page.wait_for_function("document.title === 'asked for files'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "camera"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = (
        "[...document.querySelectorAll('button')].filter((b) => b.offsetHeight && b.offsetHeight < 44).length"
    )
    assert page.evaluate(small) == 0


def test_every_reference_is_in_the_folder_and_none_elsewhere(exported: Path) -> None:
    text = (exported / "files.js").read_text("utf-8")
    listed = json.loads(text[text.index("[") : text.rindex("]") + 1])
    assert listed[0] == "./"
    assert {f"ort/{file}" for file in HASHES} | {"index.html", "model.onnx", "js/app.js"} <= set(listed)
    assert all((exported / file).exists() for file in listed)
    pages = [*exported.glob("*.html"), *exported.glob("*.css"), *exported.glob("js/*.js"), exported / "sw.js"]
    for file in pages:
        text = file.read_text("utf-8")
        assert max(map(len, text.splitlines())) <= 110, file
        assert set(re.findall(r"https?://[^<\s]+", text)) <= {"http://localhost:8000"}, file


@pytest.mark.slow
def test_other_answers_in_the_browser_leave_no_folder(
    model: Path, images: Path, ort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Any
) -> None:
    """The page is spoilt as a wrong resize would spoil it, and the real browser finds it out."""
    page = Path(shutil.copytree(Path(web.__file__).with_name("page"), tmp_path / "page"))
    pixels = page / "js" / "pixels.js"
    text = pixels.read_text("utf-8")
    assert "19595" in text
    pixels.write_text(text.replace("result[i] = data[from];", "result[i] = 255 - data[from];"), "utf-8")
    monkeypatch.setattr(web, "_SOURCE", page)
    with pytest.raises(ModelFileError, match=r"In a browser, .* so no folder was written"):
        api.export(model, "web", out=tmp_path / "site", data={"train_dir": str(images)}, runtime=ort)
    assert not (tmp_path / "site").exists()


def test_without_a_browser(
    model: Path, ort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: Any
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browsers, "_PROGRAMS", {})
    with pytest.raises(InputError, match="cannot be checked in a browser") as caught:
        api.export(model, "web", out=tmp_path / "site", runtime=ort)
    assert caught.value.hint is not None
    assert "unchecked=True" in caught.value.hint
    made = api.export(model, "web", out=tmp_path / "site", runtime=ort, unchecked=True)
    assert made["browser"] is None
    assert (tmp_path / "site" / "check.html").is_file()


def test_a_folder_of_something_else_is_left_alone(
    model: Path, ort: Path, tmp_path: Path, browser: Any
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="folder for the export is not empty"):
        api.export(model, "web", out=tmp_path, runtime=ort)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
