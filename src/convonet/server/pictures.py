"""Small pictures of images in the root, for pages: decoded when they are asked for, in bounded numbers."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from convonet.data.arrays import address_of, load_array
from convonet.data.decode import open_image, read_bytes
from convonet.data.file_stats import FileStats, file_stats
from convonet.data.pixels import Pixels, flat
from convonet.errors import DataError
from convonet.server.confine import Root
from convonet.server.refusals import Refusal

MOST_SIDE = 1024
_CRISP_BELOW = 48
_MARK = ".npz#"


def picture_file(root: Root, address: str) -> Path:
    """The file that an image's address means: itself, or the `.npz` file that holds it.

    Raises:
        Refusal: outside the root, or not there.
    """
    file, mark, _ = address.partition(_MARK)
    found = root.existing(f"{file}.npz" if mark else address)
    if not found.is_file():
        raise Refusal(404, "This is no image file", where=ascii(address)[1:-1][:200])
    return found


def picture(root: Root, address: str, side: int, most_pixels: int, enlarge: bool = True) -> bytes:
    """A PNG of at most `side` × `side` pixels; tiny images are enlarged with crisp edges, unless told not to.

    Raises:
        Refusal: outside the root, not there, or too large.
        DataError: it is no image.
    """
    file = picture_file(root, address)
    image = _member(file, address) if _MARK in address else _whole(file, most_pixels)
    tiny = max(image.size) < min(_CRISP_BELOW, side)
    if tiny and enlarge:
        scale = max(side // max(image.size), 1)
        image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    else:
        image.thumbnail((side, side), Image.Resampling.BILINEAR)
    return _as_png(image)


def encoded(pixels: Pixels) -> bytes:
    """Pixels, (height, width, 1 or 3) uint8, as PNG."""
    return _as_png(Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels))


def _as_png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _whole(file: Path, most_pixels: int) -> Image.Image:
    with open_image(read_bytes(file)) as image:
        check_pixels(image.height, image.width, most_pixels)
        try:
            return flat(image, "drop")
        except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
            raise DataError("damaged: the image cannot be decoded") from error


def check_pixels(height: int, width: int, most: int) -> None:
    """Refuse an image with more pixels than the server decodes. Raises DataError."""
    if height * width > most:
        raise DataError(f"too large: {height:,} × {width:,} pixels, at most {most:,} are read")


def _member(file: Path, address: str) -> Image.Image:
    try:
        name, place = address_of(address)
        row = _array(file, name, file_stats(file.stat()))[place]
    except (ValueError, IndexError, KeyError, OSError) as error:
        raise Refusal(404, "There is no such image", where=ascii(address)[1:-1][:200]) from error
    grey = row.ndim == 2 or row.shape[2] == 1
    return Image.fromarray(row.reshape(row.shape[:2]) if grey else np.ascontiguousarray(row[:, :, :3]))


@lru_cache(maxsize=2)
def _array(file: Path, name: str, stats: FileStats) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The whole array: a compressed file cannot be read row by row."""
    return load_array(file, name)
