"""Images that are given to the page get the answers that the trained network itself gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet.data.decode import read_image
from convonet.nets import NetModel


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """200 images of many sizes, grey and coloured, each as PNG and as JPEG."""
    folder, made = tmp_path_factory.mktemp("given"), []
    for number in range(100):
        rng = np.random.default_rng(number)
        pixels = rng.integers(0, 256, (*rng.integers(5, 90, 2), 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((31, 17)).convert("L" if number % 2 else "RGB")
        for suffix in (".png", ".jpg"):
            made.append(folder / f"{number}{suffix}")
            image.save(made[-1])
    return made


@pytest.mark.parametrize("give", ["choose", "drop"])
def test_200_files_are_answered_as_keras_does(
    request: pytest.FixtureRequest,
    give: str,
    files: list[Path],
    ready: Callable[..., Any],
    answered: Callable[..., list[dict[str, Any]]],
    shared: Any,
) -> None:
    page = ready("use")
    page.get_by_text("Drop images here").wait_for()
    answers = answered(page, request.getfixturevalue(give), files)
    model = NetModel.load(shared.root / "runs" / shared.run / "model.keras")
    expected = model.predict(np.stack([read_image(file, model.info.pixels) for file in files]))
    names = model.info.classes
    found = [{item["class"]: item["probability"] for item in answer["top"]} for answer in answers]
    difference = np.abs(np.array([[each[name] for name in names] for each in found]) - expected).max()
    print(f"largest difference {difference:.1e}")  # noqa: T201
    assert difference <= 1e-5
    assert [answer["predicted"] for answer in answers] == [names[place] for place in expected.argmax(axis=1)]
