"""Features of images kept between runs: computed once for each image and frozen network, wherever the image is used.

A folder per frozen network holds parts that never change; a part is a `.npz` file with the hashes of some images'
pixels and their features. A part that cannot be read is as good as absent.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convonet.atomic import replacing
from convonet.home import home

Hashes = NDArray[np.uint8]
Features = NDArray[np.float32]

_HASH_BYTES = 16
_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def pixel_hash(image: NDArray[np.uint8]) -> bytes:
    """16 bytes that stand for the pixels of an image (H, W, C)."""
    content = np.ascontiguousarray(image)
    return hashlib.blake2b(content.tobytes() + repr(content.shape).encode(), digest_size=_HASH_BYTES).digest()


class FeatureCache:
    """Features of one frozen network.

    Args:
        network: what decides the features beside the pixels: the network's graph and the engine that runs it.
        folder: default `cache/features` in the per-user folder.
    """

    def __init__(self, network: str, folder: Path | None = None) -> None:
        name = hashlib.blake2b(network.encode(), digest_size=12).hexdigest()
        self._folder = (folder or features_folder()) / name

    def find(self, hashes: list[bytes], width: int) -> dict[bytes, Features]:
        """The kept features, (width,), of those images that have some."""
        wanted, found = set(hashes), {}
        for part in sorted(self._folder.glob("*.npz")):
            if not wanted:
                break
            for key, row in _read(part, width):
                if key in wanted:
                    wanted.discard(key)
                    found[key] = row
        return found

    def add(self, hashes: list[bytes], features: Features) -> None:
        """Keep the features (N, width) of these images."""
        if not hashes:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        keys = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, _HASH_BYTES)
        name = hashlib.blake2b(keys.tobytes(), digest_size=12).hexdigest()
        with replacing(self._folder / f"{name}.npz") as temporary, temporary.open("wb") as file:
            np.savez(file, hashes=keys, features=features)


def features_folder() -> Path:
    """Where the features of all frozen networks are kept."""
    return home() / "cache" / "features"


def features_bytes() -> int:
    """What all kept features take."""
    return sum(part.stat().st_size for part in features_folder().glob("*/*.npz"))


def remove_features() -> int:
    """Remove all kept features; gives the bytes freed. They are computed again when they are needed."""
    freed = features_bytes()
    shutil.rmtree(features_folder(), ignore_errors=True)
    return freed


def _read(part: Path, width: int) -> list[tuple[bytes, Features]]:
    try:
        with np.load(part, allow_pickle=False) as archive:
            hashes, features = archive["hashes"], archive["features"]
    except _DAMAGED:
        return []
    fits = hashes.shape == (len(features), _HASH_BYTES) and features.shape[1:] == (width,)
    return [(key.tobytes(), row) for key, row in zip(hashes, features, strict=True)] if fits else []
