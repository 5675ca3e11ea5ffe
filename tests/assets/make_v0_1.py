"""Makes `tests/assets/v0_1`: what Convonet 0.1.0 writes, for tests that later versions must pass.

Run it once, with the program of version 0.1.0 (commit 2902492) on PYTHONPATH:

    python tests/assets/make_v0_1.py tests/assets/v0_1

Paths of the machine become `@ASSETS@`; the test puts the real path back. Pictures and reports are not kept.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

CLASSES = ("3", "5", "8")
TRAIN, TEST, MISLABELLED = 12, 6, 3
NETWORK = {"num_filters": 8, "num_units": 16, "batch_size": 2, "init_rate": 0.01, "momentum": 0.9}
EPOCHS = 50
TEXT = (".json", ".jsonl", ".csv", ".txt", ".md")


def main(target: Path) -> None:
    """Make the assets in a temporary folder and copy what is kept."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        os.environ["CONVONET_HOME"] = str(root / "home")
        os.chdir(root)
        call("samples", "digits", "digits")
        assets = root / "assets"
        write_images(root / "digits", assets / "images")
        write_parameters(assets)
        write_runs(assets)
        copy(assets, target)


def write_images(source: Path, target: Path) -> None:
    """A few images of each class; some training images of a class are in the next class's folder."""
    for part, count in (("train", TRAIN), ("test", TEST)):
        for index, name in enumerate(CLASSES):
            other = CLASSES[(index + 1) % len(CLASSES)]
            for number, path in enumerate(sorted((source / part / name).glob("*.png"))[:count]):
                wrong = part == "train" and number < MISLABELLED
                folder = target / part / (other if wrong else name)
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder / f"{name}_{number:02}.png")


def write_parameters(assets: Path) -> None:
    """Parameter files as 0.1 and as the reference application writes them."""
    params, reference = assets / "params", assets / "reference"
    params.mkdir()
    call("params", "new", "data", params / "data.json")
    call("params", "set", params / "data.json", f"train_dir={assets}/images/train", "image_size=8")
    call("params", "set", params / "data.json", f"test_dir={assets}/images/test", "channels=1")
    call("params", "new", "hyper", params / "hyper.json")
    call("params", "set", params / "hyper.json", "num_filters=2,4", "epochs=3", "init_rate=0.1,0.05")
    reference.mkdir()
    data = {
        "num_classes": 3,
        "train_dir": str(assets / "images" / "train"),
        "test_dir": str(assets / "images" / "test"),
        "image_size": 8,
        "result_dir": "",
    }
    hyper = {
        "init_rate": [0.02, 0.01],
        "decay_steps": 400,
        "decay_rate": 0.9,
        "kernel_size": 3,
        "num_filters": [32, 50],
        "num_units": [512, 700],
        "momentum": 0.9,
        "drop_out": 0.2,
        "epochs": [5, 10],
        "batch_size": [64, 80],
    }
    (reference / "data.json").write_text(json.dumps(data))
    (reference / "hyper.json").write_text(json.dumps(hyper))


def write_runs(assets: Path) -> None:
    """A run of every kind, and one of each that can be resumed, killed half-way."""
    images = ("--train-dir", assets / "images" / "train", "--image-size", 8, "--channels", 1)
    test = ("--test-dir", assets / "images" / "test")
    runs, model = assets / "runs", assets / "model.keras"

    def run(kind: str, name: str, *more: object, **values: object) -> list[object]:
        settings = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
        return [kind, *images, *settings, "--out", runs, "--name", name, "--threads", 1, *more]

    search, side_by_side = ("--folds", 2), ("--jobs", 1)
    short = NETWORK | {"epochs": 8}
    call(*run("train", "train", "--test", *test, **NETWORK, epochs=15))
    shutil.copy(runs / "train" / "model.keras", model)
    call(*run("train", "transfer", "--test", *test, base=model, epochs=3, batch_size=4))
    call(*run("tune", "tune", *search, *side_by_side, **short | {"num_filters": "4,8"}))
    call(*run("study", "study", "--targets", "0.5,0.99", *side_by_side, **short | {"num_filters": "4,8"}))
    call(*run("suspects", "suspects", "--folds", 3, "--repeats", 1, **short))
    call("evaluate", model, *test, "--out", runs, "--name", "evaluate")

    # The validation loss of the last epoch is far from the best one: the model must still be the last epoch's.
    long = NETWORK | {"epochs": EPOCHS, "drop_out": 0}
    command = run("train", "train_killed", "--test", *test, **long)
    kill(command, runs / "train_killed", lambda path: rows(path / "history.csv") >= EPOCHS // 2)
    several = long | {"num_filters": "4,8"}
    command = run("tune", "tune_killed", *search, *side_by_side, **several)
    kill(command, runs / "tune_killed", lambda path: rows(path / "trials.csv") == 2)
    command = run(
        "study", "study_killed", "--targets", "1", *side_by_side, "--metric", "val_accuracy", **several
    )
    kill(
        command,
        runs / "study_killed",
        lambda path: rows(path / "study_history.csv") >= EPOCHS + 3,
        owner=False,
    )


def call(*arguments: object) -> None:
    """Run a command of the program to its end."""
    subprocess.run([sys.executable, "-m", "convonet", *map(str, arguments)], check=True)


def kill(arguments: list[object], path: Path, reached: Callable[[Path], bool], owner: bool = True) -> None:
    """Start a run and kill its worker as soon as the condition holds; the program that started it as well.

    Args:
        owner: False leaves the program that started the run alive, which then records a failure.
    """
    with subprocess.Popen([sys.executable, "-m", "convonet", *map(str, arguments)]) as process:
        while not reached(path):
            if process.poll() is not None:
                raise RuntimeError(f"{path.name} ended before it was killed")
            time.sleep(0.001)
        worker = psutil.Process(json.loads((path / "run.json").read_text())["process"])
        for victim in ([process] if owner else []) + [*worker.children(recursive=True), worker]:
            victim.kill()


def rows(path: Path) -> int:
    """Rows of a table below its header."""
    return max(0, path.read_text().count("\n") - 1) if path.exists() else 0


def copy(assets: Path, target: Path) -> None:
    """Copy all but the pictures of the runs, without paths of this machine."""
    if target.exists():
        shutil.rmtree(target)
    for path in sorted(assets.rglob("*")):
        inside = path.relative_to(assets)
        if path.is_dir() or (inside.parts[0] == "runs" and path.suffix in (".png", ".html")):
            continue
        (target / inside).parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes()
        if path.suffix in TEXT:
            content = content.replace(str(assets).encode(), b"@ASSETS@")
            content = content.replace(platform.platform().encode(), platform.system().encode())
        if str(assets.parent).encode() in content:
            raise RuntimeError(f"{inside} holds a path of this machine")
        (target / inside).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
