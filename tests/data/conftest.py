"""Small real files on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convonet.data.cache import ImageCache

MakeFiles = Callable[..., Path]


def picture(seed: int = 0, size: tuple[int, int] = (12, 10), mode: str = "L") -> Image.Image:
    """A noisy image of height × width, the same for the same seed."""
    shape = size if mode == "L" else (*size, len(mode))
    values = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return Image.fromarray(values)


@pytest.fixture
def make_files(tmp_path: Path) -> MakeFiles:
    """Writes files below a folder: a path without content becomes an image that no other path has."""

    def make(
        *paths: str, root: str = "set", content: Mapping[str, bytes] | None = None, mode: str = "L"
    ) -> Path:
        folder = tmp_path / root
        folder.mkdir(exist_ok=True)
        for number, path in enumerate(paths):
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            picture(number + 1000 * len(root), mode=mode).save(file)
        for path, data in (content or {}).items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return folder

    return make


@pytest.fixture
def cache(tmp_path: Path) -> ImageCache:
    """An empty cache in a temporary folder."""
    return ImageCache(tmp_path / "cache")
