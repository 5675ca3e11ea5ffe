"""Every family and base exported: 200 images of two file types by script, ONNX Runtime, the server and the page.

The script runs in a process of its own without keras, the page in Chromium. `pytest -rP` prints the largest
difference of each.
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
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from convonet import api
from convonet.data.decode import read_image
from convonet.events import RunState
from convonet.inference.answers import TOP
from convonet.inference.golden import Probabilities
from convonet.inference.net_input import NetInput
from convonet.nets import NetModel, create_model
from convonet.nets.backend import keras, name
from convonet.params import FAMILIES, DataParams, HyperParams, PixelParams
from convonet.params.bases import BASES
from convonet.runs import Run
from convonet.server.app import create_app
from convonet.server.serving import Server, listening
from convonet.server.settings import Settings
from convonet.tasks import TrainTask

pytestmark = pytest.mark.skipif(name() != "torch", reason="the exporters of the torch backend")
CLASSES = [f"{place} 类" for place in range(10)]
HYPER: dict[str, dict[str, Any]] = {"alexnet": {"num_units": 64}, "resnet_small": {"num_blocks": 2}}
SIZES = {"alexnet": (67, 70), "lenet5": (32, 32)}
SMALL = ("convonet", "simple")


Answers = list[dict[str, float]]
"""Of each image the probabilities of classes: all of them or the best."""
ByPage = Callable[[str, list[Path]], Answers]


def compared(
    images: list[Path],
    hyper: dict[str, Any],
    size: tuple[int, int],
    folder: Path,
    tolerance: float,
    by_page: ByPage | None = None,
) -> list[float]:
    """The same images to keras and to the export: the largest difference by each way."""
    pixels = PixelParams(*size, 3, "crop", "bicubic")
    model = create_model(HyperParams.of({"seed": 9} | hyper), NetInput(pixels, tuple(CLASSES)))
    rows = np.stack([read_image(path, pixels) for path in images])
    decide(model, rows)
    model.save(folder / "model.keras")
    made = Path(api.export(folder / "model.keras", "folder")["path"])
    expected = model.predict(rows)
    assert len(set(expected.argmax(axis=1))) > 1
    every = len(CLASSES)
    found = [
        difference(by_script(made, images), expected, every, tolerance),
        difference(by_class(api.predict(made, images, top=every)), expected, every, tolerance),
    ]
    with served(folder) as url:
        found.append(difference(by_server(url, images), expected, every, tolerance))
        if by_page is not None:
            found.append(difference(by_page(url, images), expected, TOP, tolerance))
    assert max(found) <= tolerance
    return found


def difference(answers: Answers, expected: Probabilities, told: int, tie: float) -> float:
    """The largest difference; another class is the likeliest only where the two best are within `tie`."""
    assert [len(answer) for answer in answers] == [told] * len(expected)
    places = [[CLASSES.index(label) for label in answer] for answer in answers]
    found = np.array([list(answer.values()) for answer in answers])
    rows = np.arange(len(expected))
    largest = float(np.abs(found - expected[rows[:, None], places]).max())
    lost = expected.max(axis=1) - expected[rows, np.array(places)[rows, found.argmax(axis=1)]]
    assert lost.max() <= tie, "another class, and not for a tie"
    return largest


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


def by_script(made: Path, images: list[Path]) -> Answers:
    """What `predict.py` says in another process, which sees no package of a development tree."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    said = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", str(made / "predict.py"), *map(str, images)],
        capture_output=True,
        encoding="utf-8",
        env=plain,
        check=True,
    )
    return [json.loads(line)["probabilities"] for line in said.stdout.splitlines()]


def by_class(answers: list[dict[str, Any]]) -> Answers:
    """Probabilities in answers of the software's own form."""
    return [{item["class"]: item["probability"] for item in answer["top"]} for answer in answers]


def by_server(url: str, images: list[Path]) -> Answers:
    """What a server answers: 50 images a request."""
    answers: list[dict[str, Any]] = []
    for start in range(0, len(images), 50):
        files = [("files", (file.name, file.read_bytes())) for file in images[start : start + 50]]
        asked = f"{url}/api/v1/runs/trained/predict?top={len(CLASSES)}"
        answers += httpx.post(asked, files=files, timeout=60, trust_env=False).json()["predictions"]
    return by_class(answers)


@pytest.fixture
def by_page(
    visit: Callable[..., Any],
    choose: Callable[..., None],
    drop: Callable[..., None],
    answered: Callable[..., list[dict[str, Any]]],
) -> ByPage:
    """What the page holds and shows: half of the images are chosen in it, half are dropped on it."""

    def asked(url: str, images: list[Path]) -> Answers:
        page = visit(f"{url}/#use")
        page.get_by_text("Drop images here").wait_for()
        half = len(images) // 2
        answers = answered(page, choose, images[:half]) + answered(page, drop, images[half:])
        page.close()
        return by_class(answers)

    return asked


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address of a server over the folder, whose model and export are those of the run `trained`."""
    run = Run.create(root / "runs", TrainTask(data=DataParams(), hyper=HyperParams()), name="trained")
    shutil.copyfile(root / "model.keras", run.file("model.keras"))
    shutil.copyfile(root / "model-export" / "model.onnx", run.file("model.onnx"))
    run.update(state=RunState.DONE)
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


def show(network: str, found: list[float]) -> None:
    print(f"| `{network}` | {' | '.join(f'{each:.1e}' for each in found)} |")  # noqa: T201


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
def test_every_family(photographs: list[Path], tmp_path: Path, by_page: ByPage, family: str) -> None:
    hyper = {"family": family} | HYPER.get(family, {})
    assert len(photographs) == 200
    show(family, compared(photographs, hyper, SIZES.get(family, (48, 48)), tmp_path, 1e-5, by_page))


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("base", BASES)
def test_every_base(photographs: list[Path], tmp_path: Path, by_page: ByPage, base: str) -> None:
    hyper = {"family": "transfer", "base": base, "base_weights": "random"}
    size = max(96, BASES[base].least)
    show(base, compared(photographs, hyper, (size, size), tmp_path, 1e-4, by_page))
