"""Floating-point images: what is white is told by the whole set, and the model remembers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet.data.channels import find_pixels
from convonet.data.data_prep import prepare
from convonet.data.decode import read_image
from convonet.data.sources import scan_train
from convonet.inference.model_info import ModelInfo
from convonet.params import DataParams, PixelParams


def folder(root: Path, tops: list[float], kind: str = "F") -> DataParams:
    """A class folder a picture: grey levels from 0 to its top."""
    for number, top in enumerate(tops):
        (root / str(number % 2)).mkdir(parents=True, exist_ok=True)
        values = np.linspace(0, top, 64, dtype=np.float32).reshape(8, 8)
        image = Image.fromarray(values if kind == "F" else values.astype(np.uint8))
        image.save(root / str(number % 2) / f"{number}.tif")
    return DataParams(train_dir=str(root), image_size=(8, 8), channels=1)


@pytest.mark.parametrize(
    ("tops", "white"),
    [
        ([1.0, 0.5, 0.1, 0.9], 1),
        ([255.0, 100.0, 40.0, 90.0], 255),
        ([200.0, 0.9, 100.0, 1.0], 255),  # two dark pictures among others of 0..255
        ([-3.0, 0.5, 0.1, 0.9], 255),
    ],
)
def test_the_set_tells_what_is_white(tmp_path: Path, tops: list[float], white: int) -> None:
    data = folder(tmp_path, tops)
    listing = scan_train(data)
    pixels = find_pixels(listing, data)
    assert pixels == PixelParams(8, 8, 1, float_top=white)
    prepared = prepare(listing, pixels)
    for path, image in zip(prepared.paths, prepared.images, strict=True):
        top = tops[int(Path(path).stem)]
        due = np.rint(np.linspace(0, top, 64, dtype=np.float32) * (255 / white)).clip(0, 255)
        np.testing.assert_array_equal(image.ravel(), due.astype(np.uint8))


def test_a_set_without_floating_point_tells_nothing(tmp_path: Path) -> None:
    data = folder(tmp_path, [200, 100, 50, 20], kind="L")
    assert find_pixels(scan_train(data), data).float_top == 0


@pytest.mark.parametrize(("white", "due"), [(0, 255), (1, 255), (255, 1)])
def test_one_dark_picture_alone(tmp_path: Path, white: int, due: int) -> None:
    folder(tmp_path, [1.0])
    assert read_image(tmp_path / "0" / "0.tif", PixelParams(8, 8, 1, float_top=white)).max() == due


def test_the_model_remembers(tmp_path: Path) -> None:
    info = ModelInfo(("a", "b"), PixelParams(8, 8, 1, float_top=255))
    assert ModelInfo.from_json(info.to_json()) == info
    old: Any = info.to_json().replace(', "float_top": 255', "")
    assert ModelInfo.from_json(old).pixels.float_top == 0
