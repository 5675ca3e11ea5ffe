"""Everything that `predict` takes, and what it says of the rest."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

import convonet

Given = Callable[[Path, NDArray[np.uint8]], Any]


@pytest.fixture(scope="module")
def file(digits: Path) -> Path:
    return sorted((digits / "test" / "3").iterdir())[0]


INPUTS: dict[str, tuple[Given, str | None]] = {
    "path": (lambda file, pixels: file, None),
    "text": (lambda file, pixels: str(file), None),
    "list of paths": (lambda file, pixels: [file, str(file)], None),
    "bytes": (lambda file, pixels: file.read_bytes(), "one image"),
    "binary file": (lambda file, pixels: io.BytesIO(file.read_bytes()), "one image"),
    "PIL image": (lambda file, pixels: Image.fromarray(pixels), "one image"),
    "list of PIL images": (lambda file, pixels: [Image.fromarray(pixels)] * 2, "images[0]"),
    "mixed list": (lambda file, pixels: [pixels, file.read_bytes(), file], "images[0]"),
    "array H×W": (lambda file, pixels: pixels, "one image"),
    "array H×W×C": (lambda file, pixels: np.stack([pixels] * 3, axis=-1), "one image"),
    "array N×H×W": (lambda file, pixels: np.stack([pixels] * 5), "batch[0]"),
    "array N×H×W×C": (lambda file, pixels: np.stack([pixels] * 5)[..., np.newaxis], "batch[0]"),
    "tensor C×H×W": (lambda file, pixels: torch.from_numpy(pixels.copy())[None], "one image"),
    "tensor N×C×H×W": (lambda file, pixels: torch.from_numpy(pixels.copy())[None, None], "batch[0]"),
    "float array": (lambda file, pixels: (pixels / 255).astype(np.float32), "one image"),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_each_kind_of_input_gives_the_probabilities_of_the_file(
    kind: str, model: convonet.LoadedModel, file: Path
) -> None:
    make, name = INPUTS[kind]
    given = make(file, np.asarray(Image.open(file)))
    found = model.predict(given, max_value=1 if kind == "float array" else None)
    expected = model.predict(file)[0].probabilities
    for one in found:
        # Where Keras computes, batches of other sizes give other last digits.
        assert one.probabilities == pytest.approx(expected, abs=1e-5)
    assert found[0].path == (name or str(file))


def test_images_of_another_size_are_resized_as_files_are(
    model: convonet.LoadedModel, file: Path, tmp_path: Path
) -> None:
    large = Image.open(file).resize((31, 40))
    large.save(tmp_path / "large.png")
    by_file = model.predict(tmp_path / "large.png")[0]
    assert model.predict(np.asarray(large))[0]["top"] == by_file["top"]


def test_a_folder_gives_all_its_images(model: convonet.LoadedModel, digits: Path) -> None:
    assert len(model.predict(digits / "test" / "7")) == len(list((digits / "test" / "7").iterdir()))


def test_a_prediction_has_keys_and_attributes(model: convonet.LoadedModel, file: Path) -> None:
    found = model.predict(file, top=2)[0]
    assert (found.predicted, found.confidence) == (found["predicted"], found["confidence"])
    assert list(found.probabilities) == [row["class"] for row in found["top"]]
    assert repr(found) == f"<Prediction {file}: {found.predicted} ({100 * found.confidence:.1f}%)>"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (np.zeros((8, 8), np.float32), "max_value"),
        (np.zeros((8, 8), np.int64), "uint8"),
        (np.zeros((2, 8, 8, 2), np.uint8), "2×8×8×2"),
        ([], "No images"),
        (17, "not an image"),
        ([b"text"], "not an image"),
    ],
)
def test_what_is_not_an_image_is_refused(model: convonet.LoadedModel, given: Any, sentence: str) -> None:
    with pytest.raises(convonet.DataError, match=sentence):
        model.predict(given)


def test_floating_point_pixels_out_of_range_are_refused(model: convonet.LoadedModel) -> None:
    with pytest.raises(convonet.DataError, match=r"0\.\.1"):
        model.predict(np.full((8, 8), 2.0), max_value=1)


def test_a_missing_file_is_a_file_not_found(model: convonet.LoadedModel, file: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.png"):
        model.predict([file, "nowhere.png"])


def test_errors_can_be_returned_in_place(model: convonet.LoadedModel, file: Path) -> None:
    found = model.predict([file, "nowhere.png", b"text"], errors="return")
    assert [one.error is None for one in found] == [True, False, False]
    assert found[1].path == "nowhere.png"
    both = model.predict([file, "nowhere.png"], errors="return")
    assert both[0].probabilities == pytest.approx(found[0].probabilities, abs=1e-5)
    assert both[1].error == "no such file"
