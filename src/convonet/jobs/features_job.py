"""Features of all images below a folder, by a frozen backbone; images that are known already are not read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convonet.data.sources import scan_images
from convonet.errors import DataError
from convonet.events import StageStarted, Watch
from convonet.jobs.image_features import file_features
from convonet.runs import Run
from convonet.tasks import FeaturesTask


def work(run: Run, task: FeaturesTask, watch: Watch) -> dict[str, Any]:
    """Compute what is missing and keep it for the folder.

    Raises:
        DataError: there is no image, or none can be read.
        ModelFileError: no backbone is on this machine.
        Cancelled: the person asked to stop.
    """
    paths = images_below(Path(task.folder), watch)
    found = file_features(Path(task.folder), paths, watch, only_these=True)
    return {"images": len(found), "skipped": len(paths) - len(found)}


def images_below(folder: Path, watch: Watch) -> tuple[str, ...]:
    """The images below a folder, relative to it. Raises DataError."""
    watch.tell(StageStarted(stage="scan", title="Reading the folder"))
    paths = tuple(path.relative_to(folder).as_posix() for path in scan_images([folder]).paths)
    if not paths:
        raise DataError("There are no images in this folder", where=folder)
    return paths
