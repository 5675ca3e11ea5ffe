"""The map of images: time from features to the picture, and planted wrong labels among the first of the list.

Usage: python benchmarks/bench_map.py [N …]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from convonet.mapping import lay_out
from convonet.plots.figures import save_figure
from convonet.plots.image_map import map_figure
from convonet.sorting.suggest import reduced

FEATURES, CLASSES, AXES = 1280, 10, 50
PLANTED = 0.05


def made(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Features like those of a backbone, in clusters that overlap, and their classes."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % CLASSES
    centers = rng.normal(size=(3 * CLASSES, FEATURES))
    cluster = labels + CLASSES * rng.integers(0, 3, count)
    found = centers[cluster] + rng.normal(0, 2.0, (count, FEATURES))
    return np.maximum(found, 0).astype(np.float32), labels


def main() -> None:
    """Print a line for each number of images."""
    for count in map(int, sys.argv[1:] or ("1000", "10000")):
        features, labels = made(count)
        planted = np.random.default_rng(1).choice(count, round(PLANTED * count), replace=False)
        changed = labels.copy()
        changed[planted] = (changed[planted] + 1) % CLASSES
        wall, cpu = time.perf_counter(), time.process_time()
        points = np.asarray(reduced(features)[:, :AXES], np.float64)
        layout = lay_out(points, changed)
        with tempfile.TemporaryDirectory() as folder:
            save_figure(
                map_figure(layout.place, changed, [str(name) for name in range(CLASSES)]),
                Path(folder) / "map.png",
            )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        again = lay_out(points, changed)
        first = np.argsort(-layout.wrong_labels, kind="stable")[: count // 10]
        print(
            f"{count:,} images: {wall:.1f} s, {cpu:.1f} s of processor time; "
            f"same map again: {np.array_equal(layout.place, again.place)}; "
            f"{100 * np.isin(planted, first).mean():.1f}% of planted wrong labels in the first tenth"
        )


if __name__ == "__main__":
    main()
