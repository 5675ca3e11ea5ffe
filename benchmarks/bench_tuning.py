"""The same grid by `convonet tune` and by GridSearchCV over SciKeras: `python benchmarks/bench_tuning.py DIR`.

DIR has one folder a class of PNG files, such as 28 × 28 digits; without it, the small digits that ship with
scikit-learn. 3,000 images, rates 0.02 and 0.01, 2 and 4 epochs, 3 folds; with `--whole` rates, epochs, filters and
units of the published table, 16 settings. Both begin in a new process, in turn; both are timed from its start,
with imports and decoding. Only the ratio counts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from compiled import as_installed

from convonet.data.samples import write_samples

FOLDS, IMAGES = 3, 3000
Grid = dict[str, tuple[float, ...]]
SMALL: Grid = {"init_rate": (0.02, 0.01), "epochs": (2, 4)}
WHOLE: Grid = {"init_rate": (0.02, 0.01), "epochs": (5, 10), "num_filters": (32, 50), "num_units": (512, 700)}


class Search(NamedTuple):
    """Seconds, and for the values of each setting the mean accuracy and its spread over folds."""

    seconds: float
    table: dict[tuple[float, ...], tuple[float, float]]


def copied(folder: Path, target: Path, count: int) -> Path:
    """Some of the images, so that both search with the same ones."""
    files = sorted(folder.glob("*/*.png"))
    for place in np.random.default_rng(0).permutation(len(files))[:count]:
        made = target / files[place].parent.name / files[place].name
        made.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(files[place], made)
    return target


def by_convonet(folder: Path, work: Path, grid: Grid) -> Search:
    """The command line, as a person starts it."""
    command = [
        sys.executable,
        "-m",
        "convonet",
        "tune",
        "--train-dir",
        folder,
        "--json",
        "--progress",
        "none",
    ]
    settings = [part for name, values in grid.items() for part in ("--set", f"{name}={_texts(values)}")]
    sizes = ["--folds", FOLDS, "--images", "all", "--out", work]
    # A home of its own: the images are decoded, as they are on the other side.
    environment = dict(os.environ) | {"CONVONET_HOME": str(work / "home")}
    started = time.perf_counter()
    said = subprocess.run(
        [str(part) for part in (*command, *settings, *sizes)],
        stdout=subprocess.PIPE,
        check=True,
        env=environment,
    )
    seconds = time.perf_counter() - started
    rows = json.loads(said.stdout)["results"]
    return Search(
        seconds,
        {tuple(row["params"][name] for name in grid): (row["mean_accuracy"], row["std"]) for row in rows},
    )


def by_scikeras(folder: Path, grid: Grid) -> Search:
    """This file, in a process of its own."""
    started = time.perf_counter()
    said = subprocess.run(
        [sys.executable, __file__, str(folder), "--scikeras", json.dumps(grid)],
        stdout=subprocess.PIPE,
        check=True,
    )
    seconds = time.perf_counter() - started
    return Search(seconds, {tuple(values): (mean, std) for values, mean, std in json.loads(said.stdout)})


def search_with_scikeras(
    folder: Path, grid: dict[str, list[float]]
) -> list[tuple[list[float], float, float]]:
    """The reference network, optimizer and schedule in Keras, searched by GridSearchCV."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    from PIL import Image
    from scikeras.wrappers import KerasClassifier
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    files = sorted(folder.glob("*/*.png"))
    names = sorted({file.parent.name for file in files})
    pixels = [np.asarray(Image.open(file).convert("L")) / 255 for file in files]
    x = np.stack(pixels).astype("float32")[..., None]
    y = np.array([names.index(file.parent.name) for file in files])

    def build(init_rate: float, num_filters: int, num_units: int) -> Any:
        layers = keras.layers
        schedule = keras.optimizers.schedules.ExponentialDecay(init_rate, 400, 0.9)
        model = keras.Sequential(
            [
                keras.Input(x.shape[1:]),
                layers.Conv2D(
                    num_filters, 3, padding="same", activation="relu", kernel_initializer="he_uniform"
                ),
                layers.MaxPooling2D(),
                layers.Conv2D(
                    num_filters, 3, padding="same", activation="relu", kernel_initializer="he_uniform"
                ),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(num_units, activation="relu", kernel_initializer="he_uniform"),
                layers.Dropout(0.2),
                layers.Dense(len(names), activation="softmax"),
            ]
        )
        optimizer = keras.optimizers.SGD(schedule, momentum=0.9)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    classifier = KerasClassifier(
        build, init_rate=0.01, num_filters=32, num_units=512, batch_size=64, verbose=0
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    search = GridSearchCV(classifier, grid, cv=folds)
    search.fit(x, y)
    found = search.cv_results_
    means, spreads = found["mean_test_score"], found["std_test_score"]
    return [
        ([params[name] for name in grid], float(mean), float(spread))
        for params, mean, spread in zip(found["params"], means, spreads, strict=True)
    ]


def _texts(values: tuple[float, ...]) -> str:
    return ",".join(map(str, values))


def show(ours: Search, theirs: Search, grid: Grid) -> None:
    """Print both tables and the ratio."""
    print("".join(f"{name:>12}" for name in grid) + f"{'convonet':>20}{'GridSearchCV':>20}")
    for key in sorted(ours.table, reverse=True):
        cells = [
            f"{100 * mean:.2f} ± {100 * spread:.2f} %"
            for mean, spread in (ours.table[key], theirs.table[key])
        ]
        print("".join(f"{value:>12}" for value in key) + f"{cells[0]:>20}{cells[1]:>20}")
    print(f"seconds: convonet {ours.seconds:.1f}, GridSearchCV {theirs.seconds:.1f}")
    print(f"convonet is {theirs.seconds / ours.seconds:.1f} times as fast", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="class folders")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--rounds", type=int, default=2, help="of both, in turn")
    parser.add_argument("--whole", action="store_true", help="16 settings, which takes minutes")
    parser.add_argument("--scikeras", type=json.loads, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.scikeras:
        print(json.dumps(search_with_scikeras(given.folder, given.scikeras)))
        return
    as_installed()
    grid = WHOLE if given.whole else SMALL
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name) / "digits"
        if given.folder is None:
            write_samples("digits", folder)
        training = next((folder / part for part in ("training", "train") if (folder / part).is_dir()), folder)
        images = copied(training, Path(name) / "images", given.images)
        ratios = []
        for number in range(given.rounds):
            ours = by_convonet(images, Path(name) / str(number), grid)
            print(f"convonet: {ours.seconds:.1f} s; now GridSearchCV …", flush=True)
            theirs = by_scikeras(images, grid)
            show(ours, theirs, grid)
            ratios.append(theirs.seconds / ours.seconds)
    print(f"median {statistics.median(ratios):.1f} times, {min(ratios):.1f} to {max(ratios):.1f}")


if __name__ == "__main__":
    main()
