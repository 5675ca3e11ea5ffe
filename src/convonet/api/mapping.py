"""A map of images from a script or notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convonet.api.execution import answer_of
from convonet.api.inputs import Listener, PathLike
from convonet.tasks import MapTask
from convonet.text import local_path


def image_map(folder: PathLike, out: PathLike, *, seed: int = 0, listen: Listener = None) -> dict[str, Any]:
    """Draw a map of the images below a folder, and list outliers and labels that are likely wrong.

    Args:
        folder: the images; folders below it are classes.
        out: the folder that gets `map.csv`, likely wrong labels first, and `map.png`.
        seed: the same images and seed give the same map, ≥ 0.
        listen: called with every event.

    Returns:
        The document that `convonet map --json` prints.

    Raises:
        InputError: no such folder, or no image in it.
    """
    source, target = (Path(local_path(path)).resolve() for path in (folder, out))
    return answer_of(MapTask(folder=str(source), out=str(target), seed=seed), listen)
