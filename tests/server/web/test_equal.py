"""Images that are given to the page get the answers that the trained network itself gives."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet.data.decode import read_image
from convonet.nets import NetModel

_DROP = """
(files) => {
  const given = new DataTransfer();
  for (const [name, type, text] of files) {
    given.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name, {type}));
  }
  const event = new DragEvent("drop", {dataTransfer: given, bubbles: true, cancelable: true});
  document.querySelector(".drop").dispatchEvent(event);
}
"""
TYPES = {".png": "image/png", ".jpg": "image/jpeg"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """200 images of many sizes, grey and coloured, each as PNG and as JPEG."""
    folder, made = tmp_path_factory.mktemp("given"), []
    for number in range(100):
        rng = np.random.default_rng(number)
        pixels = rng.integers(0, 256, (*rng.integers(5, 90, 2), 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((31, 17)).convert("L" if number % 2 else "RGB")
        for suffix in TYPES:
            made.append(folder / f"{number}{suffix}")
            image.save(made[-1])
    return made


def choose(page: Any, files: list[Path]) -> None:
    page.locator(".drop input").set_input_files(files)


def drop(page: Any, files: list[Path]) -> None:
    given = [[f.name, TYPES[f.suffix], base64.b64encode(f.read_bytes()).decode()] for f in files]
    page.evaluate(_DROP, given)


@pytest.mark.parametrize("give", [choose, drop])
def test_200_files_are_answered_as_keras_does(
    give: Callable[..., None], files: list[Path], ready: Callable[..., Any], shared: Any
) -> None:
    page = ready("use")
    page.get_by_text("Drop images here").wait_for()
    with page.expect_response(re.compile("/predict")) as told:
        give(page, files)
    answers = told.value.json()["predictions"]
    model = NetModel.load(shared.root / "runs" / shared.run / "model.keras")
    expected = model.predict(np.stack([read_image(file, model.info.pixels) for file in files]))
    names = model.info.classes
    found = [{item["class"]: item["probability"] for item in answer["top"]} for answer in answers]
    assert [answer["path"] for answer in answers] == [file.name for file in files]
    difference = np.abs(np.array([[each[name] for name in names] for each in found]) - expected).max()
    print(f"largest difference {difference:.1e}")  # noqa: T201
    assert difference <= 1e-5
    page.locator(".answer").nth(len(files) - 1).wait_for()
    shown = page.locator(".answer").evaluate_all(
        "all => all.map((e) => [e.querySelector('.name').textContent, e.querySelector('.what').firstChild.textContent,"
        " e.querySelector('.bar .value').textContent])"
    )
    best = expected.argmax(axis=1)
    assert [name for name, _, _ in shown] == [file.name for file in files]
    assert [said for _, said, _ in shown] == [names[place] for place in best]
    shares = [float(share.removesuffix(" %")) / 100 for _, _, share in shown]
    assert np.abs(np.array(shares) - expected.max(axis=1)).max() <= 0.0005 + 1e-5
