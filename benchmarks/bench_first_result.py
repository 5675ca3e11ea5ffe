"""How long a person waits for the first tested model, and how fast frozen features are computed.

`python benchmarks/bench_first_result.py FLOWERS [--rounds N]`, FLOWERS a folder with train and test, such as
`flowers_128`: 245 of its training images are enlarged to 500 × 375 JPEG files. In each round, in turn:

- a plain `import keras` in a process of its own,
- `convonet train FOLDER --recipe auto --minutes 1` with an empty CONVONET_HOME, until the frozen candidate is saved and
  tested,
- the script of a tutorial (`expert.py tutorial`): the same backbone frozen, ten epochs, every image decoded in each,
- the frozen features of the images by Convonet's engine and by PyTorch eager, in one process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
IMAGES, TEST_IMAGES = 245, 100
SIZE = (500, 375)


def enlarged(source: Path, target: Path, count: int) -> None:
    """Write `count` images of class folders, spread evenly, as larger JPEG files."""
    paths = sorted(path for path in source.rglob("*") if path.is_file())
    for path in paths[:: max(1, len(paths) // count)][:count]:
        to = target / path.parent.name / f"{path.stem}.jpg"
        to.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as image:
            image.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC).save(to, quality=90)


def seconds_of(command: list[str], **environment: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, env=os.environ | environment, capture_output=True)
    return time.perf_counter() - started


def first_result(photos: Path) -> float:
    """Seconds from the start of the command to the test of the first model."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"CONVONET_HOME": f"{folder}/home"}
        command = [
            sys.executable,
            "-m",
            "convonet",
            "train",
            str(photos),
            "--recipe",
            "auto",
            "--minutes",
            "1",
        ]
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--out", folder, "--progress", "jsonl"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("{") and json.loads(line)["event"] == "EvaluationEnded":
                waited = time.perf_counter() - started
                break
        else:
            raise SystemExit("The training ended without a test")
        process.terminate()
        process.communicate()
        return waited


FEATURES = """
import json, sys, time
import numpy as np
sys.path.insert(0, sys.argv[2])
import expert
from pathlib import Path
from convonet.nets.backend import set_threads
set_threads(2)
from convonet.inference.fixed_network import FixedNetwork
from convonet.nets.fixed_graph import fixed_graph
from convonet.inference.net_input import NetInput
from convonet.nets.registry import create_model
from convonet.params import HyperParams, PixelParams
from convonet.training.features import split_at_backbone
paths, _ = expert.listed(Path(sys.argv[1]), {})
images = np.stack([expert.decoded(path, 224) for path in paths])
hyper = HyperParams.of({"base": "efficientnet_lite0", "head": [{"type": "global_pool"}]})
model = create_model(hyper, NetInput(PixelParams(224, 224, 3), ("a", "b")))
network = FixedNetwork(fixed_graph(split_at_backbone(model).fixed), 2)
plain = expert.Lite0(2)
list(network.features(iter(images[:8])))
expert.pooled(plain, images[:32])
rates = {}
ways = {
    "ours": lambda: np.stack(list(network.features(iter(images)))),
    "eager": lambda: expert.pooled(plain, images),
}
for name, compute in ways.items():
    started = time.perf_counter()
    made = compute()
    rates[name] = len(images) / (time.perf_counter() - started)
    rates[name + "_mean"] = float(made.mean())
print(json.dumps(rates | {"engine": network.description}))
"""


def features(photos: Path) -> dict[str, float | str]:
    """Images per second of both ways, and the engine."""
    made = subprocess.run(
        [sys.executable, "-c", FEATURES, str(photos / "train"), str(HERE)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float | str] = json.loads(made.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("flowers", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder)
        enlarged(args.flowers / "train", photos / "train", IMAGES)
        enlarged(args.flowers / "test", photos / "test", TEST_IMAGES)
        tutorial = [
            sys.executable,
            str(HERE / "expert.py"),
            "tutorial",
            str(photos / "train"),
            str(photos / "test"),
        ]
        rows = []
        for number in range(args.rounds):
            keras = seconds_of([sys.executable, "-c", "import keras"], KERAS_BACKEND="torch")
            ours = first_result(photos)
            theirs = seconds_of(tutorial)
            rates = features(photos)
            speed = float(rates["ours"]) / float(rates["eager"])
            rows.append((ours / keras, ours / theirs, speed))
            print(
                f"round {number + 1}: import keras {keras:.1f} s; first tested model {ours:.1f} s; tutorial "
                f"{theirs:.1f} s; features {rates['ours']:.0f} and {rates['eager']:.0f} images/s ({rates['engine']})",
                flush=True,
            )
        names = ("first model / import keras", "first model / tutorial", "features / eager PyTorch")
        for name, values in zip(names, np.array(rows).T, strict=True):
            print(f"{name}: {statistics.median(values):.2f}")


if __name__ == "__main__":
    main()
