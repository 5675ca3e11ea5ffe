"""Sort unlabeled images from a script or notebook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from convonet.api.execution import answer_of
from convonet.api.inputs import Listener, PathLike
from convonet.sorting import SortSession
from convonet.sorting.opening import open_sorting, read_sorting
from convonet.tasks import FeaturesTask
from convonet.text import local_path


def sort(folder: PathLike, classes: Sequence[str] | None = None, *, listen: Listener = None) -> SortSession:
    """Open a folder of unlabeled images for sorting.

    Labels are saved in the folder, and `labels.csv` in that folder is a label table for training. The features of
    new images are computed first.

    Args:
        folder: the folder with the images, including its subfolders.
        classes: class names; None: the names from an earlier session.
        listen: a function that is called with every event.

    Returns:
        The session: `label(paths, name)`, `suggestions()`, `screen()`, `undo()`, `copy_class_folders(out)`.

    Raises:
        InputError: the folder does not exist or contains no images.
        ModelFileError: there is no pretrained backbone on this machine.
    """
    path = Path(local_path(folder)).resolve()
    session = open_sorting(path)
    if session is None:
        answer_of(FeaturesTask(folder=str(path)), listen)
        session = read_sorting(path)
    if classes is not None:
        session.name_classes(classes)
    return session
