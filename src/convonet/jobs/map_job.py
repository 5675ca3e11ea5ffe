"""A map of images: features, principal axes, t-SNE, and what the nearest images tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.csv_files import write_csv
from convonet.events import FileSaved, StageStarted, Watch
from convonet.inference.feature_file import FeatureFile
from convonet.jobs import features_job
from convonet.mapping import nearest, outlier_scores, tsne, wrong_label_scores
from convonet.plots.figures import save_figure
from convonet.plots.image_map import map_figure
from convonet.runs import Run
from convonet.sorting.suggest import reduced
from convonet.tasks import FeaturesTask, MapTask

MOST = 40_000
"""Images on a map; of more, so many are drawn at random."""
TABLE, PICTURE = "map.csv", "map.png"
_AXES, _NEIGHBORS = 50, 15


def work(run: Run, task: MapTask, watch: Watch) -> dict[str, Any]:
    """Write the table and the picture; the answer counts.

    Raises:
        InputError: no such folder, or no image in it.
        Cancelled: the person asked to stop.
    """
    folder = Path(task.folder)
    features_job.work(run, FeaturesTask(folder=task.folder), watch)
    found = FeatureFile.read(folder)
    assert found is not None
    rows = _sample(len(found.paths), task.seed)
    paths = [found.paths[row] for row in rows]
    points = np.asarray(reduced(found.features[rows])[:, :_AXES], np.float64)
    labels, classes = _labels(paths)
    watch.tell(StageStarted(stage="map", title="Laying out the map"))
    place = tsne(points, seed=task.seed, watch=watch)
    near = nearest(points, _NEIGHBORS)
    wrong, other = wrong_label_scores(near, labels) if len(classes) > 1 else (np.zeros(len(paths)), labels)
    alone = outlier_scores(near)
    out = Path(task.out)
    header = ("path", "x", "y", "class", "suggested", "wrong_label_score", "outlier_score")
    # The labels that are most likely wrong come first, so that the table is also the list.
    table = (
        (
            paths[row],
            float(place[row, 0]),
            float(place[row, 1]),
            classes[labels[row]],
            classes[other[row]],
            float(wrong[row]),
            float(alone[row]),
        )
        for row in np.argsort(-wrong, kind="stable")
    )
    write_csv(out / TABLE, header, table)
    save_figure(map_figure(place, labels, classes), out / PICTURE)
    for name, title in ((TABLE, "Map as a table, likely wrong labels first"), (PICTURE, "Map")):
        watch.tell(FileSaved(path=str(out / name), title=title))
    likely = int((wrong > 0).sum()) if len(classes) > 1 else 0
    return {"images": len(paths), "of": len(found.paths), "classes": classes, "likely_wrong": likely}


def _sample(count: int, seed: int) -> NDArray[np.int64]:
    if count <= MOST:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, MOST, replace=False))


def _labels(paths: list[str]) -> tuple[NDArray[np.int64], list[str]]:
    """The class of each image by its folder."""
    names = [path.rpartition("/")[0] for path in paths]
    classes, labels = np.unique(np.array(names), return_inverse=True)
    return labels.astype(np.int64), [str(name) for name in classes]
