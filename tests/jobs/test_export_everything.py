"""Every family and base exported: 200 images of two file types through the script, ONNX Runtime and the server.

The script runs in a process of its own without keras. `pytest -rP` prints the largest difference of each.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from convonet import api
from convonet.data.decode import read_image
from convonet.inference.golden import Probabilities
from convonet.nets import NetModel, create_model
from convonet.nets.backend import keras, name
from convonet.params import FAMILIES, DataParams, HyperParams, PixelParams
from convonet.params.bases import BASES
from convonet.runs import Run
from convonet.server.app import create_app
from convonet.server.serving import Server, listening
from convonet.server.settings import Settings
from convonet.specs import TrainTask

pytestmark = pytest.mark.skipif(name() != "torch", reason="the exporters of the torch backend")
CLASSES = [f"{place} 类" for place in range(10)]
HYPER: dict[str, dict[str, Any]] = {"alexnet": {"num_units": 64}, "resnet_small": {"num_blocks": 2}}
SIZES = {"alexnet": (67, 70), "lenet5": (32, 32)}
SMALL = ("convonet", "simple")


class Difference(NamedTuple):
    """The largest difference of a probability from keras, by who was asked."""

    script: float
    here: float
    server: float


def compared(
    images: list[Path], hyper: dict[str, Any], size: tuple[int, int], folder: Path, tolerance: float
) -> Difference:
    """The same images to keras and to the export, by three ways."""
    pixels = PixelParams(*size, 3, "crop", "bicubic")
    model = create_model(HyperParams.of(hyper), shape=pixels.shape, classes=CLASSES, pixels=pixels, seed=9)
    rows = np.stack([read_image(path, pixels) for path in images])
    decide(model, rows)
    model.save(folder / "model.keras")
    made = Path(api.export(folder / "model.keras", "folder")["path"])
    expected = model.predict(rows)
    assert len(set(expected.argmax(axis=1))) > 1
    found = [
        by_script(made, images),
        by_class(api.predict(made, images, top=len(CLASSES))),
        by_class(by_server(folder, images)),
    ]
    for answers in found:
        lost = expected.max(axis=1) - expected[np.arange(len(answers)), answers.argmax(axis=1)]
        assert lost.max() <= tolerance, "another class, and not for a tie"
    difference = Difference(*(float(np.abs(answers - expected).max()) for answers in found))
    assert max(difference) <= tolerance
    return difference


def decide(model: NetModel, rows: NDArray[np.uint8]) -> None:
    """Let a network that nobody has trained tell images apart as a trained one does; else all would be equal."""
    network, some = model.keras_model, rows[:64].astype(np.float32)
    network.trainable = True
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    network(some, training=True)
    logits = np.log(np.maximum(model.predict(rows).astype(np.float64), 1e-30))
    logits -= logits.mean(axis=1, keepdims=True)
    scale = float(1 / np.sqrt(logits.var(axis=0).mean()))
    last = [layer for layer in network.layers if hasattr(layer, "kernel")][-1]
    last.kernel.assign(last.kernel * scale)
    last.bias.assign((last.bias - logits.mean(axis=0).astype(np.float32)) * scale)


def by_script(made: Path, images: list[Path]) -> Probabilities:
    """What `predict.py` says in another process, which sees no package of a development tree."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    said = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", str(made / "predict.py"), *map(str, images)],
        capture_output=True,
        encoding="utf-8",
        env=plain,
        check=True,
    )
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    return np.array([[line["probabilities"][label] for label in CLASSES] for line in lines], np.float32)


def by_class(answers: list[dict[str, Any]]) -> Probabilities:
    """Probabilities in the classes' order."""
    said = [{item["class"]: item["probability"] for item in answer["top"]} for answer in answers]
    return np.array([[each[label] for label in CLASSES] for each in said], np.float32)


def by_server(folder: Path, images: list[Path]) -> list[dict[str, Any]]:
    """What a server over the folder answers: 50 images a request."""
    run = Run.create(folder / "runs", TrainTask(data=DataParams(), hyper=HyperParams()), name="trained")
    shutil.copyfile(folder / "model.keras", run.file("model.keras"))
    shutil.copyfile(folder / "model-export" / "model.onnx", run.file("model.onnx"))
    answers: list[dict[str, Any]] = []
    with served(folder) as url:
        for start in range(0, len(images), 50):
            files = [("files", (file.name, file.read_bytes())) for file in images[start : start + 50]]
            asked = f"{url}/api/v1/runs/trained/predict?top={len(CLASSES)}"
            answers += httpx.post(asked, files=files, timeout=60, trust_env=False).json()["predictions"]
    return answers


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address of a server over the folder."""
    settings = Settings(root=root, port=0, warm=False)
    server = Server(create_app(settings))
    with listening(settings) as port:
        thread = threading.Thread(target=server.run, args=([port],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{port.getsockname()[1]}"
        finally:
            server.end()
            thread.join()


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


def show(network: str, found: Difference) -> None:
    print(f"| {network} | {found.script:.1e} | {found.here:.1e} | {found.server:.1e} |")  # noqa: T201


@pytest.mark.parametrize("family", SMALL)
def test_small_families(made_images: list[Path], tmp_path: Path, family: str) -> None:
    compared(made_images, {"family": family}, (28, 30), tmp_path, 1e-5)


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
    assert len(photographs) == 200
    show(family, compared(photographs, hyper, SIZES.get(family, (48, 48)), tmp_path, 1e-5))


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("base", BASES)
def test_every_base(photographs: list[Path], tmp_path: Path, base: str) -> None:
    hyper = {"family": "transfer", "base": base, "base_weights": "random"}
    size = max(96, BASES[base].least)
    show(base, compared(photographs, hyper, (size, size), tmp_path, 1e-4))
