"""Features of the images of a folder, kept between programs: which images they are of, and when these were written."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convonet.atomic import replacing
from convonet.errors import DataError
from convonet.home import home

_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True, eq=False)
class FeatureFile:
    """Row i of everything is image i.

    Attributes:
        paths: relative to the folder, with forward slashes.
        features: (N, D) float32.
        stamps: size and time of change of each file, (N, 2) int64.
        backbone: the network that computed them.
    """

    paths: tuple[str, ...]
    features: NDArray[np.float32]
    stamps: NDArray[np.int64]
    backbone: str

    def write(self, folder: Path) -> Path:
        """Keep the features of a folder, whole or not at all."""
        file = feature_path(folder)
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as temporary, temporary.open("wb") as made:
            np.savez(
                made,
                paths=np.array(self.paths, np.str_),
                features=self.features,
                stamps=self.stamps,
                backbone=np.array(self.backbone),
            )
        return file

    @classmethod
    def read(cls, folder: Path) -> FeatureFile | None:
        """The kept features of a folder; None where there are none, or none that can be read."""
        try:
            with np.load(feature_path(folder), allow_pickle=False) as archive:
                paths = tuple(archive["paths"].tolist())
                features, stamps = archive["features"], archive["stamps"]
                backbone = str(archive["backbone"])
        # No error, since the features can be computed again.
        except _DAMAGED:
            return None
        fits = features.ndim == 2 and len(features) == len(paths) == len(stamps)
        return cls(paths, features, stamps, backbone) if fits else None

    def is_current(self, folder: Path, paths: tuple[str, ...]) -> bool:
        """Whether these are the folder's images and none has changed."""
        if paths != self.paths:
            return False
        return all(
            stamp_of(folder / path) == tuple(row) for path, row in zip(paths, self.stamps, strict=True)
        )


def feature_path(folder: Path) -> Path:
    """Where the features of a folder are kept, in the person's own folder."""
    # Names of folders on Linux may contain bytes that are not UTF-8.
    name = hashlib.blake2b(str(folder.resolve()).encode("utf-8", "surrogateescape"), digest_size=12)
    return home() / "cache" / "image_features" / f"{name.hexdigest()}.npz"


def stamp_of(file: Path) -> tuple[int, int]:
    """Size and time of change of a file.

    Raises:
        DataError: it is gone.
    """
    try:
        state = file.stat()
    except OSError as error:
        raise DataError("The image is no longer there", where=file) from error
    return state.st_size, state.st_mtime_ns
