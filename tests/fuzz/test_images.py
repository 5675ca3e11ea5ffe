"""Mutated images of twelve formats: each is decoded or refused with a reason, in a minute and two gigabytes."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from .mutations import damaged
from .trying import tried

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

FORMATS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "grey.png": ("L", "PNG", {}),
    "palette.png": ("P", "PNG", {}),
    "deep.png": ("I;16", "PNG", {}),
    "clear.png": ("RGBA", "PNG", {}),
    "plain.jpg": ("RGB", "JPEG", {}),
    "progressive.jpg": ("RGB", "JPEG", {"progressive": True}),
    "ink.jpg": ("CMYK", "JPEG", {}),
    "moving.gif": ("P", "GIF", {}),
    "plain.bmp": ("RGB", "BMP", {}),
    "fax.tif": ("1", "TIFF", {"compression": "group4"}),
    "lzw.tif": ("RGB", "TIFF", {"compression": "tiff_lzw"}),
    "soft.webp": ("RGB", "WEBP", {}),
}


def sound(mode: str, kind: str, options: dict[str, Any]) -> bytes:
    noise = np.random.default_rng(4).integers(0, 256, (9, 11, 4), dtype=np.uint8)
    image = Image.fromarray(noise[..., :3]).resize((55, 48))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def mutated(count: int, folder: Path) -> Iterator[tuple[str, Path]]:
    """Files of all formats in turn."""
    contents = {name: sound(*about) for name, about in FORMATS.items()}
    for number in range(count):
        name = list(contents)[number % len(contents)]
        path = folder / f"{number:04}-{name}"
        path.write_bytes(damaged(contents[name], random.Random(number)))
        yield name, path


def test_mutated_images(tmp_path: Path, share: Callable[[int], int]) -> None:
    assert len(FORMATS) == 12
    (tmp_path / "work").mkdir()
    count = share(1500)
    counts = tried("images", mutated(count, tmp_path / "work"), tmp_path)
    assert counts.total() == count
    assert counts["refused"] > count // 4
