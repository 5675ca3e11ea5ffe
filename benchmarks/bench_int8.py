"""What 8 bits bring and cost: `python benchmarks/bench_int8.py [RUN ...]`.

Exports each run to int8 ONNX and prints size, speed and accuracy beside the same network in floating point, all from
one process. Without a run it trains a small network on digits first.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from convonet import api
from convonet.data.samples import write_samples

HEADER = (
    "network     MiB   float   images/s, 1   float   images/s, 32   float   accuracy   float   loss (95% CI)"
)


def digits(folder: Path) -> Path:
    """A run on the digits that come with the packages."""
    write_samples("digits", folder / "digits")
    hyper = {"family": "convonet", "epochs": 5, "init_rate": 0.01}
    return api.train({"train_dir": str(folder / "digits")}, hyper, out=folder / "runs", name="digits").path


def row(name: str, made: dict[str, Any]) -> str:
    """One network as a line of the table."""
    whole, small = made["float"], made["int8"]
    parts = [f"{name:8}"]
    parts.append(f"{small['bytes'] / 2**20:7.2f}{whole['bytes'] / 2**20:8.2f}")
    for size in ("1", "32"):
        parts.append(f"{small['images_per_second'][size]:14,.0f}{whole['images_per_second'][size]:8,.0f}")
    parts.append(f"{small['accuracy']:11.1%}{whole['accuracy']:9.1%}")
    low, high = made["accuracy_loss_interval"]
    parts.append(f"{made['accuracy_loss']:8.1%} ({100 * low:.1f} to {high:.1%}, {made['images']} images)")
    return "".join(parts)


def main() -> None:
    """Measure and print."""
    print(HEADER)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [Path(text) for text in sys.argv[1:]] or [digits(folder)]
        for run in runs:
            made = api.export(run, "onnx-int8", out=folder / f"{run.name}.onnx", max_loss=1.0)
            print(row(run.name, made), flush=True)
        print(f"{made['processor']}, weights of {made['weight_bits']} bits")


if __name__ == "__main__":
    main()
