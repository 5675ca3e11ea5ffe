"""The sorting of a folder, opened where the features of its images are there."""

from __future__ import annotations

from pathlib import Path

from convonet.data.sources import scan_images
from convonet.errors import DataError
from convonet.events import Watch
from convonet.inference.feature_file import FeatureFile
from convonet.sorting.session import SortSession


def open_sorting(folder: Path, watch: Watch | None = None) -> SortSession | None:
    """The sorting of a folder; None where features of some of its images are missing.

    Raises:
        DataError: the folder does not exist, there are no images, or the labels of an earlier session cannot be read.
        Cancelled: nobody waits for it any longer.
    """
    # A path that does not exist would otherwise count as one unreadable image, found only after Keras is loaded.
    if not folder.is_dir():
        raise DataError("There is no such folder", where=folder, expected="a folder of images")
    found = tuple(path.relative_to(folder).as_posix() for path in scan_images([folder]).paths)
    features = FeatureFile.read(folder)
    if features is None or not features.is_current(folder, found):
        return None
    if watch is not None:
        # The session rotates and reduces all features, which takes a while.
        watch.check()
    return SortSession(folder, features)


def read_sorting(folder: Path) -> SortSession:
    """The sorting of a folder whose features have just been computed.

    Raises:
        DataError: the features or the labels of an earlier session cannot be read.
    """
    features = FeatureFile.read(folder)
    if features is None:
        raise DataError("The features of the images cannot be read", where=folder, hint="Try again")
    return SortSession(folder, features)
