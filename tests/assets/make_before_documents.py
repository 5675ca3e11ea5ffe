"""Makes `tests/assets/before_documents`: what the program wrote when it had plans, and no typed documents yet.

Run it once, with the program of commit b7e4218 on PYTHONPATH:

    python tests/assets/make_before_documents.py tests/assets/before_documents

Beside the runs of `make_v0_1.py` there are what came later: plans, rules, balanced classes, averaged weights.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from make_v0_1 import call, copy, kill, rows, write_images

NETWORK = {
    "num_filters": 4,
    "num_units": 16,
    "batch_size": 4,
    "optimizer": "adamw",
    "batch_norm": "before",
    "weight_average": 0.25,
    "balanced": "true",
    "stop_patience": 30,
}
EPOCHS = 40


def main(target: Path) -> None:
    """Make the assets in a temporary folder and copy what is kept."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        os.environ["CONVONET_HOME"] = str(root / "home")
        os.chdir(root)
        call("samples", "digits", "digits")
        assets = root / "assets"
        write_images(root / "digits", assets / "images")
        write_runs(assets)
        copy(assets, target)


def write_runs(assets: Path) -> None:
    """A run of every kind, and one of each that can be resumed, killed half-way."""
    images = ("--train-dir", assets / "images" / "train", "--image-size", 8, "--channels", 1)
    test = ("--test-dir", assets / "images" / "test")
    runs = assets / "runs"

    def run(kind: str, name: str, *more: object, **values: object) -> list[object]:
        settings = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
        return [kind, *images, *settings, "--out", runs, "--name", name, "--threads", 1, *more]

    short, long = NETWORK | {"epochs": 6}, NETWORK | {"epochs": EPOCHS}
    several, small = {"num_filters": "4,8"}, {"num_filters": 8, "num_units": 16}
    call(*run("train", "train", "--test", *test, "--recipe", "none", **short))
    call(*run("train", "plan", "--test", *test, "--recipe", "fast", epochs=8, **small))
    call(*run("tune", "tune", "--folds", 2, "--jobs", 1, **short | several))
    call(*run("study", "study", "--targets", "0.5,0.99", "--jobs", 1, **short | several))
    call(*run("suspects", "suspects", "--folds", 3, "--repeats", 1, **short))
    call("evaluate", runs / "train", *test, "--out", runs, "--name", "evaluate")

    command = run("train", "train_killed", "--test", *test, "--recipe", "none", **long)
    kill(command, runs / "train_killed", lambda path: rows(path / "history.csv") >= EPOCHS // 2)
    own = Path("candidates", "own", "history.csv")
    command = run("train", "plan_killed", "--test", *test, "--recipe", "fast", epochs=EPOCHS, **small)
    kill(command, runs / "plan_killed", lambda path: rows(path / own) >= EPOCHS // 2)
    command = run("tune", "tune_killed", "--folds", 2, "--jobs", 1, **long | several)
    kill(command, runs / "tune_killed", lambda path: rows(path / "trials.csv") == 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
