"""A map of images: features, principal axes, t-SNE, and what the nearest images tell."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.atomic import make_folder
from convonet.csv_files import write_csv
from convonet.data.data_prep import PreparedSet
from convonet.data.sources import scan_set
from convonet.documents.image_map import ImageMap
from convonet.errors import DataError, InputError
from convonet.evaluation.models import open_predictor
from convonet.evaluation.net_evaluation import predict_all
from convonet.events import FileSaved, StageStarted, Watch
from convonet.inference.decision import decide
from convonet.jobs.evaluate_job import prepared_split
from convonet.jobs.features_job import images_below
from convonet.jobs.image_features import Features, set_features
from convonet.mapping import Layout, lay_out
from convonet.plots.figures import save_figure
from convonet.plots.image_map import map_figure
from convonet.runs import Run
from convonet.sorting.suggest import reduced
from convonet.tasks import EvaluateTask, MapTask, SimilarTask

MOST = 40_000
"""Images on a map; of more, so many are drawn at random."""
LEAST = 3
TABLE, PICTURE = "map.csv", "map.png"
HEADER = ("path", "x", "y", "class", "suggested", "wrong_label_score", "outlier_score")
_AXES = 50
_DIGITS = 4


class _Answers(NamedTuple):
    """What a model says of each image: classes as indices, and their probabilities."""

    labels: NDArray[np.int64]
    confidence: NDArray[np.float32]


class MappedImages(NamedTuple):
    """The images of a map. Row i of everything is image i."""

    root: Path
    paths: tuple[str, ...]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    answers: _Answers | None = None

    def select(self, rows: NDArray[np.int64]) -> MappedImages:
        """Some rows, in the order given."""
        answers = self.answers and _Answers(self.answers.labels[rows], self.answers.confidence[rows])
        paths = tuple([self.paths[row] for row in rows.tolist()])
        return MappedImages(self.root, paths, self.labels[rows], self.classes, answers)


def work(run: Run, task: MapTask, watch: Watch) -> ImageMap:
    """Draw the map; the table and the picture go to the task's folder.

    Raises:
        InputError: no such folder or set, or fewer than three images in it that can be read.
        Cancelled: the person asked to stop.
    """
    images = _images(task, watch)
    count = len(images.paths)
    images = images.select(_sample(count, task.seed))
    features = set_features(images.root, images.paths, watch)
    images = images.select(np.flatnonzero([path in features for path in images.paths]))
    if len(images.paths) < LEAST:
        raise DataError(
            "There are too few images for a map",
            where=images.root,
            expected=f"{LEAST} or more readable images",
            received=len(images.paths),
        )
    watch.tell(StageStarted(stage="map", title="Computing the map"))
    layout = lay_out(_points(features, images.paths), images.labels, seed=task.seed, watch=watch)
    _save(Path(task.out) if task.out else run.path, images, layout, watch)
    return _document(task, images, layout, count)


def _images(task: MapTask, watch: Watch) -> MappedImages:
    """The images that the task names, with their classes and a model's answers."""
    if task.model is None or task.data is None or task.folder is not None:
        return listed(task, watch)
    watch.tell(StageStarted(stage="model", title="Predicting with the model"))
    predictor = open_predictor(Path(task.model), threads=task.threads, watch=watch)
    wanted = EvaluateTask(model=task.model, data=task.data, split=task.split)
    prepared: PreparedSet = prepared_split(wanted, task.split, predictor.info, watch)
    probabilities = predict_all(predictor, prepared.images, None, watch).probabilities
    predicted = decide(prepared.classes, predictor.info).labels(probabilities)
    answers = _Answers(predicted, probabilities[np.arange(len(predicted)), predicted])
    return MappedImages(prepared.listing.root, prepared.paths, prepared.labels, prepared.classes, answers)


def listed(task: MapTask | SimilarTask, watch: Watch) -> MappedImages:
    """The images of a folder, where folders below are classes, or of a set.

    Raises:
        InputError: no such folder or set, or nothing in it.
    """
    if task.folder is not None:
        folder = Path(task.folder)
        paths = images_below(folder, watch)
        # Images directly in the folder get its name as their class.
        found = [path.rpartition("/")[0] or folder.name for path in paths]
        names, labels = np.unique(found, return_inverse=True)
        return MappedImages(folder, paths, labels.astype(np.int64), tuple(map(str, names)))
    if task.data is None:
        raise InputError("No images were given", expected="a folder or data parameters")
    watch.tell(StageStarted(stage="scan", title="Reading folders"))
    listing = scan_set(task.data, task.split, watch=watch)
    return MappedImages(listing.root, listing.paths, listing.labels, listing.classes)


def _sample(count: int, seed: int) -> NDArray[np.int64]:
    if count <= MOST:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, MOST, replace=False))


def _points(features: Features, paths: tuple[str, ...]) -> NDArray[np.float64]:
    """The features on their main axes, (N, up to 50)."""
    return np.asarray(reduced(np.stack([features[path] for path in paths]))[:, :_AXES], np.float64)


def _document(task: MapTask, images: MappedImages, layout: Layout, count: int) -> ImageMap:
    answers = images.answers
    return ImageMap(
        images=len(images.paths),
        total=count,
        seed=task.seed,
        root=str(images.root),
        classes=images.classes,
        likely_wrong=int((layout.wrong_labels > 0).sum()),
        paths=images.paths,
        x=_numbers(layout.place[:, 0]),
        y=_numbers(layout.place[:, 1]),
        labels=tuple(images.labels.tolist()),
        suggested=tuple(layout.suggested.tolist()),
        wrong_label_scores=_numbers(layout.wrong_labels),
        outlier_scores=_numbers(layout.outliers),
        neighbors=tuple(map(tuple, layout.neighbors.tolist())),
        model=task.model,
        predicted=None if answers is None else tuple(answers.labels.tolist()),
        confidence=None if answers is None else _numbers(answers.confidence),
    )


def _numbers(values: NDArray[np.floating]) -> tuple[float, ...]:
    """Rounded: a map of 40,000 images travels as JSON."""
    return tuple(np.round(values.astype(np.float64), _DIGITS).tolist())


def _save(out: Path, images: MappedImages, layout: Layout, watch: Watch) -> None:
    """Write the table, suspicious labels first, and the picture."""
    names = images.classes
    table = (
        (
            images.paths[row],
            float(layout.place[row, 0]),
            float(layout.place[row, 1]),
            names[images.labels[row]],
            names[layout.suggested[row]],
            float(layout.wrong_labels[row]),
            float(layout.outliers[row]),
        )
        for row in np.argsort(-layout.wrong_labels, kind="stable")
    )
    make_folder(out)
    write_csv(out / TABLE, HEADER, table)
    save_figure(map_figure(layout.place, images.labels, names), out / PICTURE)
    for name, title in ((TABLE, "Map as a table, suspicious labels first"), (PICTURE, "Map")):
        watch.tell(FileSaved(path=str(out / name), title=title))
