"""Small pictures of images in the root, for pages: decoded when they are asked for, in bounded numbers."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from convonet.data.arrays import address_of, image_shape, load_array, load_row
from convonet.data.decode import open_image, read_bytes
from convonet.data.pixels import Pixels, flat
from convonet.errors import DataError
from convonet.file_stats import FileStats, file_stats
from convonet.server.confine import Root
from convonet.server.held import Held
from convonet.server.refusals import Refusal
from convonet.server.settings import Limits

MOST_SIDE = 1024
_CRISP_BELOW = 48
_MARK = ".npz#"


def picture_file(root: Root, address: str) -> Held:
    """The file that an image's address means, opened: itself, or the `.npz` file that holds it.

    Raises:
        Refusal: outside the root, or not there.
    """
    file, mark, _ = address.partition(_MARK)
    found = root.opened(f"{file}.npz" if mark else address)
    if not found.is_file:
        raise Refusal(404, "This is not an image file", where=ascii(address)[1:-1][:200])
    return found


def picture(file: Held, address: str, side: int, limits: Limits, enlarge: bool = True) -> bytes:
    """A PNG of at most `side` × `side` pixels; tiny images are enlarged without smoothing if `enlarge` is true.

    Args:
        file: what `picture_file` opened.

    Raises:
        Refusal: there is no such row in a `.npz` file.
        DataError: it is no image, or too large.
    """
    image = _member(file, address, limits) if _MARK in address else _whole(file.path, limits.pixels)
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
    # A page asks for dozens at once; the network is faster than the compressor.
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
        raise DataError(f"too large: {height:,} × {width:,} pixels; the limit is {most:,}")


def _member(file: Held, address: str, limits: Limits) -> Image.Image:
    try:
        name, place = address_of(address)
        shape, _ = image_shape(file.path, name)
        # One row at a time takes longer and no memory.
        if math.prod(shape) > limits.array_bytes:
            row = load_row(file.path, name, place)
        else:
            row = _array(_Key(file_stats(file.info), name, file))[place]
    except (ValueError, IndexError, KeyError, OSError, DataError) as error:
        raise Refusal(404, "There is no such image", where=ascii(address)[1:-1][:200]) from error
    grey = row.ndim == 2 or row.shape[2] == 1
    return Image.fromarray(row.reshape(row.shape[:2]) if grey else np.ascontiguousarray(row[:, :, :3]))


@dataclass(frozen=True)
class _Key:
    """An array of a file; two openings of one file are equal."""

    stats: FileStats
    name: str
    file: Held = field(compare=False)


@lru_cache(maxsize=2)
def _array(key: _Key) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The whole array, kept: rows of a compressed file are found by unpacking all before them."""
    return load_array(key.file.path, key.name)
