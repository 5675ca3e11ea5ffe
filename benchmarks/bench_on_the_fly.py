"""Training on images that are decoded while it runs against training on prepared ones.

`python benchmarks/bench_on_the_fly.py FLOWERS [--images N] [--rounds N] [--family NAME …]`, FLOWERS a folder with
train, such as `flowers_128`: N of its images are enlarged to 500 × 375 JPEG files and trained on at 224 pixels for
three epochs, in turn prepared and on the fly, each in a command and with a cache of its own. What is told: images per
second after the first epoch, memory of the worker at the end of each epoch, bytes on the disk, and whether both
histories are the same to the last digit.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil
from bench_first_result import enlarged

_EPOCHS, _SIDE = 3, 224
_POLL_SECONDS = 0.05
_LIMITS = {"prepared": "100", "on the fly": "0"}
"""Gigabytes that prepared images may take."""


class Trained(NamedTuple):
    """One training: images per second after the first epoch, MB after each epoch, bytes on the disk, its history."""

    speed: float
    memory: list[float]
    disk: int
    history: str


def train(photos: Path, folder: Path, family: str, limit: str, count: int) -> Trained:
    """Train in a command of its own and look at its worker."""
    os.environ["CONVONET_HOME"] = str(folder / "home")
    values = {"family": family, "image_size": _SIDE, "epochs": _EPOCHS}
    sets = [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
    words = ["train", str(photos), "--recipe", "none", "--no-validation", "--prepared-limit", limit, *sets]
    command = [sys.executable, "-m", "convonet", *words, "--out", str(folder), "--name", "run"]
    events, ends, memory = folder / "run" / "events.jsonl", [], []
    with (folder / "output.txt").open("wb") as output:
        process = psutil.Popen(command, stdout=output, stderr=output)
        while process.poll() is None:
            done = epoch_ends(events)
            if len(done) > len(ends):
                memory.append(worker_memory(process))
            ends = done
            time.sleep(_POLL_SECONDS)
    if process.returncode:
        raise SystemExit((folder / "output.txt").read_text())
    ends = epoch_ends(events)
    speed = (_EPOCHS - 1) * count / (ends[-1] - ends[0])
    disk = sum(path.stat().st_size for path in (folder / "home" / "cache").rglob("*") if path.is_file())
    return Trained(speed, memory, disk, (folder / "run" / "history.csv").read_text())


def epoch_ends(events: Path) -> list[float]:
    """When each epoch ended, as far as the run has come."""
    lines = events.read_text().splitlines() if events.is_file() else []
    told = (json.loads(line) for line in lines if line.endswith("}"))
    return [event["time"] for event in told if event["event"] == "EpochEnded"]


def worker_memory(process: psutil.Popen) -> float:
    """MB of the largest process below the command."""
    found = [0.0]
    for child in process.children(recursive=True):
        try:
            found.append(child.memory_info().rss / 1e6)
        except psutil.NoSuchProcess:
            continue
    return max(found)


def main() -> None:
    """Both ways in turn, for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flowers", type=Path)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--family", nargs="+", default=["convonet"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        photos = Path(name) / "photos"
        enlarged(given.flowers / "train", photos, given.images)
        count = sum(path.is_file() for path in photos.rglob("*"))
        for family in given.family:
            compare(photos, Path(name), family, count, given.rounds)


def compare(photos: Path, folder: Path, family: str, count: int, rounds: int) -> None:
    """The rows of one network, and how both ways compare."""
    found: dict[str, list[Trained]] = {way: [] for way in _LIMITS}
    for number in range(rounds):
        for way, limit in _LIMITS.items():
            place = folder / f"{family}-{way.replace(' ', '-')}-{number}"
            place.mkdir()
            made = train(photos, place, family, limit, count)
            found[way].append(made)
            memory = ", ".join(f"{value:.0f}" for value in made.memory)
            print(
                f"{family:12} {way:10} {made.speed:7.1f} images/s   memory {memory} MB   disk {made.disk / 1e6:.2f} MB",
                flush=True,
            )
    prepared, fly = found.values()
    ratio = statistics.median(b.speed / a.speed for a, b in zip(prepared, fly, strict=True))
    same = len({made.history for made in [*prepared, *fly]}) == 1
    print(
        f"{family:12} on the fly: {ratio:.2f} times as fast, {100 * fly[0].disk / prepared[0].disk:.2f}% of the disk; "
        f"{'the same history' if same else 'OTHER HISTORIES'}"
    )


if __name__ == "__main__":
    main()
