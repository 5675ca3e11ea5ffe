"""Every family and base: exported, asked in another process without keras, 200 images of two file types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet import api
from convonet.data.decode import read_image
from convonet.nets import create_model
from convonet.nets.backend import name
from convonet.params import FAMILIES, HyperParams, PixelParams
from convonet.params.bases import BASES

pytestmark = pytest.mark.skipif(name() != "torch", reason="the exporters of the torch backend")
CLASSES = [f"{place} 类" for place in range(10)]
HYPER: dict[str, dict[str, Any]] = {"alexnet": {"num_units": 64}, "resnet_small": {"num_blocks": 2}}
SIZES = {"alexnet": (67, 70), "lenet5": (32, 32)}
SMALL = ("convonet", "simple")


def compared(
    images: list[Path], hyper: dict[str, Any], size: tuple[int, int], folder: Path
) -> tuple[float, float]:
    """The largest difference from keras of the script in another process, and of ONNX Runtime here."""
    pixels = PixelParams(*size, 3, "crop", "bicubic")
    model = create_model(HyperParams.of(hyper), shape=pixels.shape, classes=CLASSES, pixels=pixels, seed=9)
    model.save(folder / "model.keras")
    made = Path(api.export(folder / "model.keras", "folder")["path"])
    expected = model.predict(np.stack([read_image(path, pixels) for path in images]))
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    said = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", str(made / "predict.py"), *map(str, images)],
        capture_output=True,
        encoding="utf-8",
        env=plain,
        check=True,
    )
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    theirs = np.array([[line["probabilities"][label] for label in CLASSES] for line in lines], np.float32)
    answers = api.predict(made, images, top=len(CLASSES))
    ours = np.array([[{i["class"]: i["probability"] for i in a["top"]}[c] for c in CLASSES] for a in answers])
    for found in (theirs, ours):
        lost = expected.max(axis=1) - expected[np.arange(len(found)), found.argmax(axis=1)]
        assert lost.max() <= 1e-4, "another class, and not for a tie"
    return float(np.abs(theirs - expected).max()), float(np.abs(ours - expected).max())


@pytest.fixture(scope="module")
def made_images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("made")
    draw = np.random.default_rng(0)
    soft = [
        Image.fromarray(draw.integers(0, 256, (6, 7, 3), dtype=np.uint8)).resize((47, 40)) for _ in range(20)
    ]
    for place, image in enumerate(soft):
        image.save(folder / f"{place}.{'png' if place % 2 else 'jpg'}")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("family", SMALL)
def test_small_families(made_images: list[Path], tmp_path: Path, family: str) -> None:
    assert max(compared(made_images, {"family": family}, (28, 30), tmp_path)) <= 1e-5


@pytest.fixture(scope="module")
def photographs(real_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """200 test images of a real set, every second one as JPEG."""
    folder = tmp_path_factory.mktemp("photographs")
    files = sorted((real_data("cifar10_small") / "test").rglob("*.*"))
    for place, file in enumerate(files[:: len(files) // 200][:200]):
        with Image.open(file) as image:
            larger = image.convert("RGB").resize((90, 80), Image.Resampling.BICUBIC)
        larger.save(folder / f"{place:03}.{'png' if place % 2 else 'jpg'}")
    return sorted(folder.iterdir())


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "transfer"])
def test_every_family(photographs: list[Path], tmp_path: Path, family: str) -> None:
    hyper = {"family": family} | HYPER.get(family, {})
    found = compared(photographs, hyper, SIZES.get(family, (48, 48)), tmp_path)
    print(f"{family}: {max(found):.1e}")  # noqa: T201
    assert len(photographs) == 200
    assert max(found) <= 1e-5


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("base", BASES)
def test_every_base(photographs: list[Path], tmp_path: Path, base: str) -> None:
    hyper = {"family": "transfer", "base": base, "base_weights": "random"}
    size = max(96, BASES[base].least)
    found = compared(photographs, hyper, (size, size), tmp_path)
    print(f"{base}: {max(found):.1e}")  # noqa: T201
    assert max(found) <= 1e-4
