"""From a file's bytes to pixels. OpenCV decodes plain files, Pillow all others; both give the same pixels.

Files are read as bytes and decoded from memory, since OpenCV cannot open every path on Windows.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import warnings
import zlib
from typing import NamedTuple

import numpy as np
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from convonet.data.headers import Header, is_cut_png, read_header
from convonet.data.pixels import Pixels, fitted, flat
from convonet.data.whole import is_cut
from convonet.errors import DataError
from convonet.params.data_params import PixelParams

DECODER_VERSION = 2
"""Part of the cache's key: counts up when the same file and parameters would give other pixels."""

# A few kilobytes of PNG can unpack to gigabytes; photographs stay far below this.
MAX_PIXELS = 100_000_000
MAX_FILE_BYTES = 512 * 2**20

_CUT_OFF = "truncated: the file ends before the image does"
_CUT_SILENTLY = ("JPEG", "MPO", "PNG", "TIFF")
# One read serves most images of small sets; asking for the size first would be a system call more for each.
_SMALL = 2**16
# Without O_NONBLOCK, opening a pipe waits for somebody to write into it.
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)

_TYPES = (
    PngImagePlugin.PngImageFile,
    JpegImagePlugin.JpegImageFile,
    BmpImagePlugin.BmpImageFile,
    BmpImagePlugin.DibImageFile,
    GifImagePlugin.GifImageFile,
    TiffImagePlugin.TiffImageFile,
    WebPImagePlugin.WebPImageFile,
    PpmImagePlugin.PpmImageFile,
)
_FORMATS = tuple(kind.format for kind in _TYPES if kind.format)
_MALFORMED = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)

# Pillow warns of odd metadata, and of large images before our own bound can refuse them. It decodes in many
# threads here, and warnings.catch_warnings is not safe in threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


class Decoded(NamedTuple):
    """The pixels of one image, (height, width, channels) uint8, and its own size before it was fitted."""

    pixels: Pixels
    height: int
    width: int


def read_image(path: str | os.PathLike[str], pixels: PixelParams) -> Pixels:
    """The pixels of one image file.

    Returns:
        (height, width, channels) uint8.

    Raises:
        DataError: it cannot be read or is no image; `what` is the reason.
    """
    try:
        return decode(read_bytes(path), pixels).pixels
    except DataError as error:
        error.where = os.fspath(path)
        raise


def read_whole(path: str | os.PathLike[str]) -> Pixels:
    """One image file as it is, neither resized nor turned grey; transparency is dropped.

    Returns:
        (height, width) uint8 of a grey image, (height, width, 3) of a colour image.

    Raises:
        DataError: it cannot be read or is no image; `what` is the reason.
    """
    try:
        # Only what `PixelParams` says of transparency reaches an image that keeps its size.
        return np.asarray(_by_pillow(read_bytes(path), PixelParams(1, 1, 3)), np.uint8)
    except DataError as error:
        error.where = os.fspath(path)
        raise


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The content of a file.

    Raises:
        DataError: it is not there, is no regular file, is empty, too large, or cannot be read.
    """
    try:
        handle = os.open(path, _READ)
        try:
            content = os.read(handle, _SMALL)
            if len(content) == _SMALL:
                content += _rest(handle)
        finally:
            os.close(handle)
    except FileNotFoundError as error:
        raise DataError("no such file") from error
    except IsADirectoryError as error:
        raise DataError("a folder, not an image file") from error
    # ValueError: a zero byte in the path, which tables can bring.
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}"
        ) from error
    if not content:
        raise DataError("the file is empty")
    return content


def read_head(path: str | os.PathLike[str], most: int = 4096) -> bytes:
    """The first bytes of a file, none where it cannot be read."""
    try:
        handle = os.open(path, _READ)
        try:
            return os.read(handle, most)
        finally:
            os.close(handle)
    except (OSError, ValueError):
        return b""


def _rest(handle: int) -> bytes:
    """What follows the first read, where it did not reach the end of the file."""
    info = os.fstat(handle)
    # A device or a pipe may never end.
    if not stat.S_ISREG(info.st_mode):
        raise DataError("not a regular file")
    if info.st_size > MAX_FILE_BYTES:
        most = MAX_FILE_BYTES // 2**20
        raise DataError(f"too large: {info.st_size / 2**20:,.0f} MiB; the limit is {most} MiB")
    parts = []
    # One read gives at most 2 GiB on Linux, and may give less for no reason.
    while part := os.read(handle, 2**24):
        parts.append(part)
    return b"".join(parts)


def decode(content: bytes, pixels: PixelParams) -> Decoded:
    """The pixels that a file's bytes mean.

    Raises:
        DataError: no image, cut off, damaged, or too large; `what` is the reason.
    """
    header = read_header(content)
    if header is not None:
        # Before decoding: the size in the header is what a decoder would ask memory for.
        check_size(header.height, header.width)
    array = _plain(content, header) if header is not None and header.plain else None
    if array is not None:
        if is_cut(content, array):
            raise DataError(_CUT_OFF)
        size = array.shape[:2]
        if array.shape == (pixels.shape if pixels.channels == 3 else pixels.shape[:2]):
            return Decoded(array.reshape(pixels.shape), *size)
        return Decoded(fitted(Image.fromarray(array), pixels), *size)
    image = _by_pillow(content, pixels)
    return Decoded(fitted(image, pixels), image.height, image.width)


def check_size(height: int, width: int) -> None:
    """Refuse an image that would fill the memory.

    Raises:
        DataError: more than `MAX_PIXELS`.
    """
    if height * width > MAX_PIXELS:
        raise DataError(f"too large: {height:,} × {width:,} pixels; the limit is {MAX_PIXELS:,}")


def _plain(content: bytes, header: Header) -> Pixels | None:
    """(height, width) or (height, width, 3) by OpenCV; None where it does not succeed or is not installed."""
    try:
        import cv2  # takes 0.1 s: a start from the cache does not need it
    except ImportError:  # an environment that only predicts
        return None
    try:
        array = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:  # it has bounds of its own, such as a million pixels a side
        return None
    # Another shape: it has read something else than what the header is of, such as a thumbnail.
    if array is None or array.shape[:2] != (header.height, header.width):
        return None
    return np.asarray(array if header.channels == 1 else cv2.cvtColor(array, cv2.COLOR_BGR2RGB), np.uint8)


def _by_pillow(content: bytes, pixels: PixelParams) -> Image.Image:
    """The image in mode L or RGB."""
    if is_cut_png(content):
        raise DataError(_CUT_OFF)
    try:
        with open_image(content) as image:
            image.load()
            if image.format in _CUT_SILENTLY and is_cut(content, _raw(image), image):
                raise DataError(_CUT_OFF)
            return flat(image, pixels.alpha, pixels.float_top)
    except _MALFORMED as error:
        raise _damage(error) from error


def _raw(image: Image.Image) -> Pixels:
    """The pixels as they were decoded, neither turned nor converted."""
    return np.asarray(image.convert("L") if image.mode == "1" else image)


def open_image(content: bytes) -> Image.Image:
    """The image by Pillow, its header read, its size checked, its pixels not yet decoded.

    Raises:
        DataError: no image of a type that is read, or too large.
    """
    try:
        # Only these: Pillow's other readers take more kinds of damage, and some start programs such as
        # Ghostscript.
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise DataError("not an image, or of a type that is not supported") from error
    except Image.DecompressionBombError as error:
        raise DataError(f"too large: the limit is {MAX_PIXELS:,} pixels") from error
    except _MALFORMED as error:
        raise _damage(error) from error
    check_size(image.height, image.width)
    return image


def _damage(error: Exception) -> DataError:
    """What Pillow says of a file that it recognises and cannot read."""
    if "truncated" in str(error).lower():
        return DataError(_CUT_OFF)
    return DataError(f"damaged: {' '.join(str(error).split()) or type(error).__name__}")
