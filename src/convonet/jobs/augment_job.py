"""A page of augmented training images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convonet.atomic import make_folder, storage_error
from convonet.documents.drawings import AugmentDocument
from convonet.errors import InputError, OutputError
from convonet.events import FileSaved, Progressed, StageStarted, Watch
from convonet.jobs.training_images import TrainingImages, training_images
from convonet.plots.figures import save_figure
from convonet.plots.samples import MAX_IMAGES, pick_samples, samples_figure
from convonet.runs import Run
from convonet.tasks.technique_tasks import AugmentTask
from convonet.text import file_names
from convonet.training.augmented import augmented_rows


def work(run: Run, task: AugmentTask, watch: Watch) -> AugmentDocument:
    """Draw the page; the answer names it."""
    if not task.hyper.augments:
        raise InputError(
            "The hyperparameters contain no augmentation",
            expected="rotation, shift, flip_horizontal or another hyperparameter in the Augmentation group",
        )
    copies = None if task.into is None else Path(task.into)
    if copies is not None:
        _check_empty(copies)
    given = training_images(task.data, watch)
    count = max(1, min(task.images, len(given.rows), MAX_IMAGES // (task.copies + 1)))
    places = pick_samples(given.rows.labels, count, task.hyper.seed)
    watch.tell(StageStarted(stage="augment", title="Augmenting images"))
    images = augmented_rows(given.rows, places, task.hyper, task.copies)
    names = [given.prepared.classes[label] for label in given.rows.labels[places]]
    titles = [name if turn == 0 else str(turn) for name in names for turn in range(task.copies + 1)]
    figure = samples_figure(images, titles, title="Each image with its variations", columns=task.copies + 1)
    path = Path(task.out) if task.out else run.file("augmented.png")
    save_figure(figure, path)
    watch.tell(FileSaved(path=str(path), title="Augmented images"))
    written = 0 if copies is None else _write_copies(given, task, copies, watch)
    return AugmentDocument(path=str(path), images=count, copies=task.copies, written=written)


def _check_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError("This is a file, not a folder for augmented images", where=folder)
    if folder.exists() and any(folder.iterdir()):
        raise OutputError("The folder for augmented images is not empty", where=folder)


def _write_copies(given: TrainingImages, task: AugmentTask, folder: Path, watch: Watch) -> int:
    """Class folders with the variations of every image, named after its row; the number of files."""
    labels, classes, total = given.rows.labels, given.prepared.classes, len(given.rows)
    names = file_names(classes)
    for name in names.values():
        make_folder(folder / name)
    for row in range(total):
        watch.check()
        made = augmented_rows(given.rows, np.array([row]), task.hyper, task.copies)[1:]
        for turn, image in enumerate(made, start=1):
            pixels = image[:, :, 0] if image.shape[2] == 1 else image
            _save(pixels, folder / names[classes[labels[row]]] / f"{row:06d}_{turn:02d}.png")
        watch.tell(Progressed(stage="augment", done=row + 1, total=total))
    return total * task.copies


def _save(pixels: NDArray[np.uint8], path: Path) -> None:
    try:
        Image.fromarray(pixels).save(path)
    except OSError as error:
        raise storage_error(error, path) from error
