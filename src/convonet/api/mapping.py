"""A map of images, and similar images, in scripts and notebooks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

from convonet.api.execution import answer_of
from convonet.api.inputs import Data, Listener, PathLike, data_of
from convonet.documents.image_map import ImageMap, SimilarImages
from convonet.errors import InputError
from convonet.tasks import MapTask, SimilarTask, Split
from convonet.text import local_path


def image_map(
    images: Data,
    out: PathLike,
    *,
    split: Split | None = None,
    model: PathLike | None = None,
    seed: int = 0,
    listen: Listener = None,
) -> ImageMap:
    """Draw a map of images, and list outliers and suspicious labels.

    Args:
        images: a folder whose subfolders are the classes, or data parameters as in `train`.
        out: the folder to which `map.csv`, suspicious labels first, and `map.png` are written.
        split: which set to show, `train`, `val` or `test`; None: `train`, or `test` with a model.
        model: a run folder or model file, to include its predictions in the map.
        seed: seed of the map, 0 or more. The same images and seed give the same map.
        listen: a function that is called with every event.

    Returns:
        The map in columns: `paths`, `x`, `y`, `labels`, `wrong_label_scores`, `outlier_scores`, `neighbors` …

    Raises:
        InputError: the folder or set does not exist, or has fewer than three images.
    """
    task = _searched(images, split, MapTask, whole_set=model is not None, seed=seed)
    target = str(Path(local_path(out)).resolve())
    if model is not None:
        task = task.changed(split=split or "test", model=str(Path(local_path(model)).resolve()))
    return ImageMap.of(answer_of(task.changed(out=target), listen))


def similar(
    image: PathLike,
    images: Data,
    *,
    split: Split | None = None,
    top: int = 12,
    listen: Listener = None,
) -> SimilarImages:
    """Find the images in a set that are most similar to an image.

    Args:
        image: an image file, which need not be in the set.
        images: a folder whose subfolders are the classes, or data parameters as in `train`.
        split: which set to search, `train`, `val` or `test`; None: `train`.
        top: number of images to find, 1 to 1,000.
        listen: a function that is called with every event.

    Returns:
        `similar` has the path, class and similarity of each image, most similar first.

    Raises:
        InputError: the image, folder or set does not exist.
    """
    given = Path(local_path(image)).resolve()
    if not given.is_file():
        raise InputError("There is no such image", where=image)
    task = _searched(images, split, SimilarTask, image=str(given), top=top)
    return SimilarImages.of(answer_of(task, listen))


T = TypeVar("T", MapTask, SimilarTask)


def _searched(
    images: Data, split: Split | None, kind: type[T], *, whole_set: bool = False, **values: Any
) -> T:
    """Execute a task on the images of a folder, or on a set if a split is given or `whole_set` is true."""
    folder = Path(local_path(images)) if isinstance(images, (str, os.PathLike)) else None
    if folder is not None and folder.is_dir() and split is None and not whole_set:
        return kind(folder=str(folder.resolve()), **values)
    return kind(data=data_of(images).anchored(), split=split or "train", **values)
