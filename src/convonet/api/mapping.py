"""A map of images from a script or notebook."""

from __future__ import annotations

import os
from pathlib import Path

from convonet.api.execution import answer_of
from convonet.api.inputs import Data, Listener, PathLike, data_of
from convonet.documents.image_map import ImageMap
from convonet.tasks import MapTask, Split
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
    """Draw a map of images, and list outliers and labels that are likely wrong.

    Args:
        images: a folder, where folders below it are classes; or data parameters, as in `train`.
        out: the folder that gets `map.csv`, likely wrong labels first, and `map.png`.
        split: which set of the data parameters; None: `train`, or `test` with a model.
        model: a run folder or model file; the map then has its answers to the set.
        seed: the same images and seed give the same map, ≥ 0.
        listen: called with every event.

    Returns:
        The map in columns: `paths`, `x`, `y`, `labels`, `wrong_label_scores`, `outlier_scores`, `neighbors` …

    Raises:
        InputError: no such folder or set, or fewer than three images in it.
    """
    target = str(Path(local_path(out)).resolve())
    folder = Path(local_path(images)) if isinstance(images, (str, os.PathLike)) else None
    if folder is not None and folder.is_dir() and split is None and model is None:
        task = MapTask(folder=str(folder.resolve()), out=target, seed=seed)
    else:
        task = MapTask(
            data=data_of(images).anchored(),
            split=split or ("train" if model is None else "test"),
            model=None if model is None else str(Path(local_path(model)).resolve()),
            out=target,
            seed=seed,
        )
    return ImageMap.of(answer_of(task, listen))
