"""How fast images are answered: `python benchmarks/bench_inference.py [DIR] [--rounds N]`.

Evaluation: mapped pixels to probabilities, beside Keras' `model.predict`. Folders: files to answers, beside a
loop of Pillow and `model.predict`. All in one process, in turn, medians of all rounds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from bench_data import make_digits
from PIL import Image

from convonet.data.sources import scan_images
from convonet.evaluation.net_evaluation import predict_all
from convonet.evaluation.prediction import predict_files
from convonet.events import Watch
from convonet.inference.net_input import NetInput
from convonet.inference.onnx_model import OnnxModel
from convonet.nets import create_model, export_onnx
from convonet.params import HyperParams, PixelParams

SHAPE = (28, 28, 1)
IMAGES = 2000


def measure(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Images a second of each way, one figure a round."""
    names = [str(place) for place in range(10)]
    net = create_model(HyperParams(seed=1), NetInput(PixelParams(*SHAPE), tuple(names)))
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "model.onnx"
        export_onnx(net, file)
        fast = OnnxModel.load(file)
    paths = scan_images([folder]).paths[:IMAGES]
    pixels = by_pillow(paths)
    images = pixels.astype(np.float32)
    ways: dict[str, Callable[[], object]] = {
        "predict, batch 32": lambda: net.keras_model.predict(images, verbose=0),
        "predict, batch 256": lambda: net.keras_model.predict(images, batch_size=256, verbose=0),
        "Convonet": lambda: predict_all(fast, pixels, None, Watch()),
        "folder: Pillow and predict": lambda: net.keras_model.predict(
            by_pillow(paths).astype(np.float32), verbose=0
        ),
        "folder: Convonet": lambda: predict_files(fast, paths),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            found[name].append(len(paths) / (time.perf_counter() - started))
    return found


def by_pillow(paths: Sequence[Path]) -> np.ndarray:
    """The files as one array, image by image."""
    made = []
    for path in paths:
        with Image.open(path) as image:
            made.append(np.asarray(image.convert("L").resize((28, 28))))
    return np.stack(made)[..., np.newaxis]


def show(found: dict[str, list[float]]) -> None:
    """Print the table."""
    for name, speeds in found.items():
        ours = found["folder: Convonet" if name.startswith("folder") else "Convonet"]
        ratio = statistics.median(one / other for one, other in zip(ours, speeds, strict=True))
        note = f"   we are {ratio:.1f} times as fast" if speeds is not ours else ""
        middle = statistics.median(speeds)
        print(f"{name:28}{middle:9,.0f} images/s ({min(speeds):,.0f} to {max(speeds):,.0f}){note}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", help="a folder of grey images; digits are made without it")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(given.folder) if given.folder else make_digits(Path(name), IMAGES)
        show(measure(folder, given.rounds))


if __name__ == "__main__":
    main()
