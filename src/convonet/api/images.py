"""A look at the images, and marks on their labels."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from convonet.api.execution import run_task
from convonet.api.inputs import Data, Hyper, Listener, data_of, hyper_of
from convonet.data.inspection import Inspection, inspect_folder
from convonet.data.marking import Change, list_marks, mark_images
from convonet.errors import InputError
from convonet.params import DataParams
from convonet.reports.data_report import write_data_report
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.environment import available_cores
from convonet.runs.suspects import suspects_document
from convonet.tasks import SuspectsTask
from convonet.text import local_path


def inspect(
    folder: str | os.PathLike[str],
    *,
    test: str | os.PathLike[str] | None = None,
    report: str | os.PathLike[str] | None = None,
    data: DataParams | Mapping[str, Any] | None = None,
) -> Inspection:
    """Look at a set: classes, counts, sizes, what is skipped, doubles and leaks.

    Args:
        data: how images become pixels and labels, such as `{"label_column": "dx"}`; its folders do not count.
        report: also write it there, as one HTML file with pictures.

    Raises:
        DataError: no such folder, or no images in it.
    """
    tested = None if test is None else os.fspath(test)
    found = inspect_folder(os.fspath(folder), test=tested, data=None if data is None else data_of(data))
    if report is not None:
        write_data_report(found, Path(local_path(report)))
    return found


def mark(
    data: Data,
    images: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    *,
    label: str | None = None,
    leave_out: bool = False,
    undo: bool = False,
) -> list[dict[str, Any]]:
    """Say of images that their label is wrong, or that they are to be left out; nothing is moved.

    Args:
        data: the sets. A string is the path of a JSON file, or of a folder of images.
        images: paths, absolute or relative to the set; none: nothing is changed.
        label: the class that they are of.
        leave_out: they are not to be used.
        undo: take their marks away.

    Returns:
        All marks as they are now: `set`, `root`, `class`, `path`, `label`, `leave_out`.

    Raises:
        InputError: not one of the three, no such image, or no such class.
    """
    values = data_of(data)
    given = [images] if isinstance(images, (str, os.PathLike)) else list(images)
    if not given:
        return [image.to_dict() for image in list_marks(values)]
    if (label is not None) + leave_out + undo != 1:
        raise InputError("Say one thing of the images", expected="label, leave_out or undo")
    marks = mark_images(values, [os.fspath(item) for item in given], Change(label, undo))
    return [image.to_dict() for image in marks]


def suspects(
    data: Data,
    hyper: Hyper = None,
    *,
    folds: int = 5,
    repeats: int = 3,
    seed: int | None = None,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    threads: int | None = None,
    listen: Listener = None,
) -> dict[str, Any]:
    """Training images whose label is suspicious, worst first.

    Every image is answered by networks that were trained on other folds, `repeats` times; a label is suspicious where
    they are sure of another class.

    Returns:
        The document that `convonet suspects --json` prints; `suspects.csv` in its run folder has every image.

    Raises:
        InputError: parameters or images that cannot be used.
        KeyboardInterrupt: the run is then `cancelled`, and can be resumed.
    """
    values, hypers = data_of(data), hyper_of(hyper)
    task = SuspectsTask(
        data=values,
        hyper=hypers if seed is None else hypers.changed(seed=seed),
        folds=folds,
        repeats=repeats,
        threads=threads or available_cores(),
    )
    run = begin_run(task, results_folder(task, out), name=name)
    run_task(run, task, listen)
    return suspects_document(run).to_dict()
