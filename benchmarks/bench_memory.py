"""Peak memory of a search of large networks on large images: `python benchmarks/bench_memory.py [--limit GB]`.

240 made images of 224 × 224 in four classes; the network that lung scans were searched with, up to 100.4 million
parameters. A random search of 3 settings × 2 folds × 1 epoch, the largest setting among them; then the same
with a setting that is too large on purpose.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

SPACE: dict[str, Any] = {
    "init_rate": [0.001, 0.02],
    "decay_steps": 400,
    "decay_rate": 0.9,
    "kernel_size": 5,
    "num_filters": [30, 40],
    "num_units": [512, 800],
    "momentum": 0.9,
    "drop_out": 0.2,
    "epochs": 1,
    "batch_size": [50, 64],
}
CLASSES = ("adenocarcinoma", "large.cell.carcinoma", "normal", "squamous.cell.carcinoma")
SEARCHES = (("three settings", [512, 800], 4), ("two of three too large", [512, 800, 20_000], 0))
"""Units, and seeds whose first three settings hold the largest network, and such as are too large."""
_LOOK_SECONDS = 0.2


def write_images(folder: Path, count: int = 240, size: int = 224) -> None:
    """Noise that is coarser in one class than in another, as class folders of PNG files."""
    rng = np.random.default_rng(0)
    for number in range(count):
        place = number % len(CLASSES)
        coarse = rng.integers(0, 255, (8 * (1 + place), 8 * (1 + place)), dtype=np.uint8)
        target = folder / CLASSES[place]
        target.mkdir(parents=True, exist_ok=True)
        Image.fromarray(coarse).resize((size, size)).save(target / f"{number}.png")


def family_bytes(process: psutil.Process) -> int:
    """What a process and its descendants take; pages that they share count once (Linux), else the sum."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            found = one.memory_full_info()
        except psutil.Error:
            continue
        total += getattr(found, "pss", found.rss)
    return total


def search(
    folder: Path, work: Path, space: dict[str, Any], seed: int, limit: float
) -> tuple[dict[str, Any], int, float]:
    """The document of a search by the command line, the peak in bytes, and the seconds."""
    hyper = work / "hyper.json"
    hyper.write_text(json.dumps(space))
    command = [sys.executable, "-m", "convonet", "tune", "--train-dir", folder, "--image-size", 224]
    options = ["--hyper", hyper, "--search", "random", "--trials", 3, "--folds", 2, "--seed", seed]
    ends = ["--memory-limit", limit, "--jobs", 1, "--out", work, "--json", "--progress", "none"]
    environment = dict(os.environ) | {"CONVONET_HOME": str(work / "home")}
    started, peak = time.perf_counter(), 0
    with (work / "said.json").open("wb") as said:
        process = psutil.Popen([str(part) for part in command + options + ends], stdout=said, env=environment)
        while process.poll() is None:
            peak = max(peak, family_bytes(process))
            time.sleep(_LOOK_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, "convonet tune")
    document = json.loads((work / "said.json").read_text(encoding="utf-8"))
    return document, peak, time.perf_counter() - started


def parameters(params: dict[str, Any]) -> float:
    """Millions of parameters of the network on 224 × 224 grey images."""
    filters, units, places = params["num_filters"], params["num_units"], 56 * 56
    convolutions = (25 + 1) * filters + (25 * filters + 1) * filters
    return float(convolutions + (places * filters + 1) * units + (units + 1) * len(CLASSES)) / 1e6


def show(name: str, document: dict[str, Any], peak: int, seconds: float, limit: float) -> None:
    """Print the settings and the peak."""
    print(f"{name}: {document['state']} in {seconds:.0f} s")
    for row in document["results"]:
        millions = parameters(row["params"])
        batch = row["params"]["batch_size"]
        print(f"  {millions:9,.1f} million parameters, batch {batch}: {row['state']} {row['reason'][:90]}")
    print(f"  peak {peak / 1e9:.2f} GB of {limit:g} GB", flush=True)


def main() -> int:
    """Measure and print; 1 where the limit was passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=6.0, metavar="GB")
    limit = parser.parse_args().limit
    peaks = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "images"
        write_images(folder)
        for title, units, seed in SEARCHES:
            document, peak, seconds = search(folder, Path(name), SPACE | {"num_units": units}, seed, limit)
            show(title, document, peak, seconds, limit)
            peaks.append(peak)
    return int(max(peaks) > limit * 1e9)


if __name__ == "__main__":
    sys.exit(main())
