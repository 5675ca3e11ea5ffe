"""The same grid by `convonet tune` and by GridSearchCV over SciKeras: `python benchmarks/bench_tuning.py DIR`.

DIR has one folder a class of PNG files, such as 28 × 28 digits; without it, the small digits that ship with
scikit-learn. 3,000 images, rates 0.02 and 0.01, 2 and 4 epochs, 3 folds. Both begin in a new process, in turn;
both are timed from its start, with imports and decoding. Only the ratio counts.
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
from typing import Any, NamedTuple

from convonet.data.samples import write_samples

RATES, EPOCHS, FOLDS, IMAGES = (0.02, 0.01), (2, 4), 3, 3000


class Search(NamedTuple):
    """Seconds, and for each rate and number of epochs the mean accuracy and its spread over folds."""

    seconds: float
    table: dict[tuple[float, int], tuple[float, float]]


def by_convonet(folder: Path, work: Path, images: int) -> Search:
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
    settings = ["--set", f"init_rate={_texts(RATES)}", "--set", f"epochs={_texts(EPOCHS)}"]
    sizes = ["--folds", FOLDS, "--images", images, "--out", work]
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
        {
            (row["params"]["init_rate"], row["params"]["epochs"]): (row["mean_accuracy"], row["std"])
            for row in rows
        },
    )


def by_scikeras(folder: Path, images: int) -> Search:
    """This file, in a process of its own."""
    started = time.perf_counter()
    said = subprocess.run(
        [sys.executable, __file__, str(folder), "--images", str(images), "--scikeras"],
        stdout=subprocess.PIPE,
        check=True,
    )
    seconds = time.perf_counter() - started
    return Search(
        seconds, {(rate, epochs): (mean, std) for rate, epochs, mean, std in json.loads(said.stdout)}
    )


def search_with_scikeras(folder: Path, images: int) -> list[tuple[float, int, float, float]]:
    """The reference network, optimizer and schedule in Keras, searched by GridSearchCV."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    import numpy as np
    from PIL import Image
    from scikeras.wrappers import KerasClassifier
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    files = sorted(folder.glob("*/*.png"))
    names = sorted({file.parent.name for file in files})
    chosen = np.random.default_rng(0).permutation(len(files))[:images]
    pixels = [np.asarray(Image.open(files[place]).convert("L")) / 255 for place in chosen]
    x = np.stack(pixels).astype("float32")[..., None]
    y = np.array([names.index(files[place].parent.name) for place in chosen])

    def build(rate: float) -> Any:
        layers = keras.layers
        schedule = keras.optimizers.schedules.ExponentialDecay(rate, 400, 0.9)
        model = keras.Sequential(
            [
                keras.Input(x.shape[1:]),
                layers.Conv2D(32, 3, padding="same", activation="relu", kernel_initializer="he_uniform"),
                layers.MaxPooling2D(),
                layers.Conv2D(32, 3, padding="same", activation="relu", kernel_initializer="he_uniform"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(512, activation="relu", kernel_initializer="he_uniform"),
                layers.Dropout(0.2),
                layers.Dense(len(names), activation="softmax"),
            ]
        )
        optimizer = keras.optimizers.SGD(schedule, momentum=0.9)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    classifier = KerasClassifier(build, rate=RATES[0], batch_size=64, verbose=0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    search = GridSearchCV(classifier, {"rate": RATES, "epochs": EPOCHS}, cv=folds)
    search.fit(x, y)
    found = search.cv_results_
    means, spreads = found["mean_test_score"], found["std_test_score"]
    return [
        (params["rate"], params["epochs"], float(mean), float(spread))
        for params, mean, spread in zip(found["params"], means, spreads, strict=True)
    ]


def _texts(values: tuple[float, ...]) -> str:
    return ",".join(map(str, values))


def show(ours: Search, theirs: Search) -> None:
    """Print both tables and the ratio."""
    print(f"{'rate':>6}{'epochs':>8}{'convonet':>20}{'GridSearchCV':>20}")
    for key in sorted(ours.table, reverse=True):
        cells = [
            f"{100 * mean:.2f} ± {100 * spread:.2f} %"
            for mean, spread in (ours.table[key], theirs.table[key])
        ]
        print(f"{key[0]:>6}{key[1]:>8}{cells[0]:>20}{cells[1]:>20}")
    print(f"{'seconds':>14}{ours.seconds:>20.1f}{theirs.seconds:>20.1f}")
    print(f"convonet is {theirs.seconds / ours.seconds:.1f} times as fast", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="class folders")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--rounds", type=int, default=2, help="of both, in turn")
    parser.add_argument("--scikeras", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.scikeras:
        print(json.dumps(search_with_scikeras(given.folder, given.images)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name) / "digits"
        if given.folder is None:
            write_samples("digits", folder)
        training = next((folder / part for part in ("training", "train") if (folder / part).is_dir()), folder)
        ratios = []
        for number in range(given.rounds):
            ours = by_convonet(training, Path(name) / str(number), given.images)
            print(f"convonet: {ours.seconds:.1f} s; now GridSearchCV …", flush=True)
            theirs = by_scikeras(training, given.images)
            show(ours, theirs)
            ratios.append(theirs.seconds / ours.seconds)
    print(f"median {statistics.median(ratios):.1f} times, {min(ratios):.1f} to {max(ratios):.1f}")


if __name__ == "__main__":
    main()
