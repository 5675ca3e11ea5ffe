"""What must not grow faster than the work: `python benchmarks/bench_large.py [PART …] [--files N] [--folder DIR]`.

Parts: `runs` lists 10,000 runs; `inspect` looks at 100,000 images in groups of 250 near copies; `evaluate` tests
20,000 images of 1,000 classes; `files` trains on 547,000 small files in 1,000 classes, twice. Without a part all of
them run. Everything is made below a temporary folder and removed, which takes 3 GB and some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import psutil

_CLASSES, _SIDE = 1000, 8
_RUNS, _COPIES, _ORIGINALS, _TESTED = 10_000, 250, 400, 20
_POLL_SECONDS = 0.02
_SMALL = {"family": "logistic", "epochs": 1, "batch_size": 512}


class Cost(NamedTuple):
    """Seconds of a command, and the most memory that it and the processes of its workers had, in MB."""

    seconds: float
    own: float
    workers: float


class Watched:
    """A command that is followed while it works.

    Attributes:
        first: seconds until a named event came, by its name.
    """

    def __init__(self, words: list[str], folder: Path, events: Path | None = None) -> None:
        self.first: dict[str, float] = {}
        self._own = self._workers = 0.0
        self._started, self._events = time.monotonic(), events
        command = [sys.executable, "-m", "convonet", *words]
        with (folder / "output.txt").open("ab") as output:
            self._process = psutil.Popen(command, stdout=output, stderr=output, cwd=folder)

    def follow(self, until: str | None = None) -> Cost:
        """Wait for its end, or until an event came; then it is stopped."""
        while self._process.poll() is None:
            self._look()
            if until is not None and until in self.first:
                self._process.terminate()
                self._process.wait(30)
                break
            time.sleep(_POLL_SECONDS)
        return Cost(time.monotonic() - self._started, self._own, self._workers)

    def _look(self) -> None:
        try:
            self._own = max(self._own, self._process.memory_info().rss / 1e6)
            children = self._process.children(recursive=True)
            self._workers = max(self._workers, *(one.memory_info().rss / 1e6 for one in children), 0.0)
        except (psutil.NoSuchProcess, ValueError):
            return
        if self._events is not None and self._events.is_file():
            for line in self._events.read_text().splitlines():
                self.first.setdefault(json.loads(line)["event"], time.monotonic() - self._started)


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--files", type=int, default=547_000, help="of the part `files`")
    parser.add_argument("--folder", type=Path, help="where to make them; default: the temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        os.environ["CONVONET_HOME"] = str(folder / "home")
        for part in given.parts or PARTS:
            PARTS[part](folder, given.files)


def list_runs(folder: Path, _: int) -> None:
    """The list on the command line and over HTTP's functions, when it is read for the first time and then."""
    from convonet.events import RunState
    from convonet.params import DataParams, HyperParams
    from convonet.runs import Run
    from convonet.tasks import TrainTask

    task = TrainTask(data=DataParams(train_dir=str(folder / "flowers")), hyper=HyperParams())
    first = Run.create(folder / "runs", task, name="r0")
    first.update(state=RunState.DONE)
    first.file("history.csv").write_text("epoch,loss,accuracy\n1,1.0,0.5\n")
    for number in range(1, _RUNS):
        shutil.copytree(first.path, folder / "runs" / f"r{number}")
    for name in ("first time", "again", "as a table"):
        words = ["runs", "list", "--root", str(folder / "runs"), *["--json"] * (name != "as a table")]
        report(f"list of {_RUNS:,} runs, {name}", Watched(words, folder).follow())


def inspect(folder: Path, _: int) -> None:
    """Groups of near copies: each picture again with a little noise."""
    rng = np.random.default_rng(0)
    target = folder / "copies"
    for number in range(_ORIGINALS):
        base = cv2.resize(
            rng.integers(0, 256, (7, 7), dtype=np.uint8), (28, 28), interpolation=cv2.INTER_CUBIC
        )
        place = target / f"c{number % 10}"
        place.mkdir(parents=True, exist_ok=True)
        for copy in range(_COPIES):
            noise = rng.integers(-2, 3, base.shape)
            write_image(place / f"{number:04}_{copy:03}.png", np.clip(base + noise, 0, 255).astype(np.uint8))
    found = Watched(["inspect", str(target), "--json"], folder).follow()
    report(f"inspect {_ORIGINALS * _COPIES:,} images, groups of {_COPIES}", found)
    shutil.rmtree(target)


def evaluate(folder: Path, _: int) -> None:
    """A network of a thousand classes on twenty test images of each."""
    write_classes(folder / "thousand" / "train", 2 * _CLASSES, seed=0)
    write_classes(folder / "thousand" / "test", _TESTED * _CLASSES, seed=1)
    runs = folder / "thousand" / "runs"
    words = ["train", str(folder / "thousand" / "train"), *small(), "--no-validation"]
    Watched([*words, "--out", str(runs), "--name", "small"], folder).follow()
    words = ["evaluate", str(runs / "small"), "--test-dir", str(folder / "thousand" / "test"), "--json"]
    report(f"evaluate {_TESTED * _CLASSES:,} images, {_CLASSES:,} classes", Watched(words, folder).follow())


def files(folder: Path, count: int) -> None:
    """Train on very many small files, from nothing and again; the second time the images are prepared."""
    started = time.monotonic()
    write_classes(folder / "many", count, seed=0)
    print(f"  {count:,} files written in {time.monotonic() - started:.0f} s", flush=True)
    for name in ("first", "second"):
        words = ["train", str(folder / "many"), *small(), "--out", str(folder), "--name", name]
        watched = Watched(words, folder, folder / name / "events.jsonl")
        cost = watched.follow(until="EpochEnded")
        shown = {what: watched.first.get(event) for what, event in EVENTS.items()}
        times = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in shown.items() if seconds is not None)
        report(f"train on {count:,} files, {name} time", cost)
        print(f"  {times}", flush=True)


EVENTS = {
    "first stage": "StageStarted",
    "first progress": "Progressed",
    "training started": "TrainingStarted",
    "first batch": "BatchEnded",
    "epoch": "EpochEnded",
}


def small() -> list[str]:
    """Options of a network that takes no time."""
    values = [part for name, value in _SMALL.items() for part in ("--set", f"{name}={value}")]
    return ["--recipe", "none", "--set", f"image_size={_SIDE}", "--set", "channels=1", *values]


def write_classes(folder: Path, count: int, seed: int) -> None:
    """So many different images of `_SIDE` × `_SIDE` pixels, the same number of each class."""
    rng = np.random.default_rng(seed)
    for number in range(_CLASSES):
        place = folder / f"class{number:04}"
        place.mkdir(parents=True)
        many = count // _CLASSES + (number < count % _CLASSES)
        for index, image in enumerate(rng.integers(0, 256, (many, _SIDE, _SIDE), dtype=np.uint8)):
            write_image(place / f"{index:05}.png", image)


def write_image(file: Path, image: np.ndarray) -> None:
    """A PNG file; in other bytes than any other image."""
    file.write_bytes(cv2.imencode(".png", image)[1].tobytes())


def report(name: str, cost: Cost) -> None:
    """A row."""
    print(
        f"{name:48} {cost.seconds:8.1f} s   command {cost.own:6.0f} MB   worker {cost.workers:6.0f} MB",
        flush=True,
    )


PARTS: dict[str, Callable[[Path, int], None]] = {
    "runs": list_runs,
    "inspect": inspect,
    "evaluate": evaluate,
    "files": files,
}


if __name__ == "__main__":
    main()
