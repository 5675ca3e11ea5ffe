"""Inspect images, mark wrong labels, and write sample sets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from convonet.api.execution import new_run
from convonet.api.inputs import Data, Hyper, Listener, PathLike, data_of, hyper_of
from convonet.data.inspection import Inspection, inspect_folder
from convonet.data.marking import Change, list_marks, mark_images
from convonet.data.samples import WrittenSamples, write_samples
from convonet.errors import InputError
from convonet.params import DataParams
from convonet.reports.data_report import write_data_report
from convonet.runs.environment import available_cores
from convonet.runs.suspects import suspects_document
from convonet.tasks import SuspectsTask
from convonet.text import local_path


def inspect(
    folder: PathLike,
    *,
    test: PathLike | None = None,
    report: PathLike | None = None,
    data: DataParams | Mapping[str, Any] | None = None,
) -> Inspection:
    """Inspect a set: classes, counts, sizes, skipped files, duplicates and leaks.

    Args:
        folder: the training images: a folder, a table or an .npz file.
        test: the test images.
        data: other data parameters, such as `{"label_column": "dx"}`; folders in them are ignored.
        report: an HTML file to which the findings are written, with pictures.

    Raises:
        DataError: the folder does not exist or contains no images.
    """
    tested = None if test is None else os.fspath(test)
    found = inspect_folder(os.fspath(folder), test=tested, data=None if data is None else data_of(data))
    if report is not None:
        write_data_report(found, Path(local_path(report)))
    return found


def mark(
    data: Data,
    images: PathLike | Iterable[PathLike] = (),
    *,
    label: str | None = None,
    leave_out: bool = False,
    undo: bool = False,
) -> list[dict[str, Any]]:
    """Mark images that have a wrong label or should be left out. No file is moved.

    Args:
        data: data parameters, or the path of a JSON file or of a folder of images.
        images: paths, absolute or relative to the set. Without images, nothing is changed.
        label: the class of the images.
        leave_out: do not use the images.
        undo: remove the marks of the images.

    Returns:
        All marks as they are now: `set`, `root`, `class`, `path`, `label`, `leave_out`.

    Raises:
        InputError: there are images, but not exactly one of `label`, `leave_out` and `undo`, or an image or class
            does not exist.
    """
    values = data_of(data)
    given = [images] if isinstance(images, (str, os.PathLike)) else list(images)
    if not given:
        return [image.row().to_dict() for image in list_marks(values)]
    if (label is not None) + leave_out + undo != 1:
        raise InputError("Choose exactly one action for the images", expected="label, leave_out or undo")
    marks = mark_images(values, [os.fspath(item) for item in given], Change(label, undo))
    return [image.row().to_dict() for image in marks]


def suspects(
    data: Data,
    hyper: Hyper = None,
    *,
    folds: int = 5,
    repeats: int = 3,
    seed: int | None = None,
    out: PathLike | None = None,
    name: str | None = None,
    threads: int | None = None,
    listen: Listener = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Rank the training images by how suspicious their labels are, most suspicious first.

    Every image is predicted by networks that were trained on other folds. A label is suspicious if they predict
    a different class with high confidence.

    Args:
        data: the images, as in `train`.
        hyper: hyperparameters of the networks, as in `train`.
        folds: number of folds, 2 or more. Each image is predicted by networks that were trained on the other
            folds.
        repeats: number of repetitions with different seeds and folds. The probabilities are averaged.
        seed: seed of all random numbers, 0 to 2³¹ − 1; None: the seed in `hyper`.
        out: parent folder of the run folder; None: `result_dir` of the data parameters, or `./runs`.
        name: name of the run folder; None: made from the kind and the time.
        threads: number of threads; None: one per core.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Returns:
        The document that `convonet suspects --json` prints; `suspects.csv` in its run folder has every image.

    Raises:
        InputError: the parameters or images cannot be used.
        KeyboardInterrupt: the run was stopped. Its state is `cancelled`, and it can be resumed.
    """
    values, hypers = data_of(data), hyper_of(hyper)
    task = SuspectsTask(
        data=values,
        hyper=hypers if seed is None else hypers.changed(seed=seed),
        folds=folds,
        repeats=repeats,
        threads=threads or available_cores(),
    )
    return suspects_document(new_run(task, out, name, listen, progress)).to_dict()


def samples(name: str, folder: PathLike) -> WrittenSamples:
    """Write a sample set as class folders.

    Args:
        name: `digits` (needs no download), `mnist`, `fashion_mnist`, `cifar10` or `cifar100`.
        folder: the folder in which `train` and `test` are created.

    Returns:
        Where the images are (`train_dir`, `test_dir`), their classes and counts.

    Raises:
        InputError: the sample set does not exist.
        OutputError: the folder cannot be written to, or contains other files.
    """
    return write_samples(name, Path(local_path(folder)))
