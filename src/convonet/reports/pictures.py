"""Images as data URIs: small enough for a page, read from where the set says they are."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageOps

from convonet.data.arrays import address_of, is_arrays, load_array
from convonet.data.decode import read_whole
from convonet.data.pixels import Pixels
from convonet.errors import DataError

SIDE = 96
_LARGER = 48


class Pictures:
    """Reads images of one set.

    Args:
        root: what paths are relative to, or an .npz file.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._arrays: dict[str, Any] = {}

    def uri(self, path: str, side: int = SIDE) -> str | None:
        """The image as a data URI, its longer side at most `side` pixels; None where it cannot be read."""
        try:
            image = self._image(path)
        # Images may have been moved or deleted since the run, and the report must still be written.
        except (DataError, OSError, ValueError):
            return None
        return _uri(_fitted(image, side))

    def _image(self, path: str) -> Image.Image:
        if is_arrays(self._root):
            name, row = address_of(path)
            if name not in self._arrays:
                # Kept, since each image of a report would otherwise read the whole array again.
                self._arrays[name] = load_array(self._root, name)
            return _picture(self._arrays[name][row])
        return _picture(read_whole(self._root / path))


def _picture(pixels: Pixels) -> Image.Image:
    """An image of (H, W) or (H, W, C); only the axis of a single channel goes, not that of a single row."""
    return Image.fromarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)


class MistakeHeats(NamedTuple):
    """Heat maps over images that were predicted incorrectly.

    Attributes:
        title: of the method.
        pictures: path of an image → the image with its map, as a data URI.
    """

    title: str
    pictures: Mapping[str, str]


def array_uri(pixels: Any, side: int) -> str:
    """Pixels as a data URI, enlarged to `side` pixels where they are fewer; (H, W), (H, W, 1) or (H, W, 3) uint8."""
    image = _picture(pixels)
    return _uri(ImageOps.contain(image, (side, side), Image.Resampling.BILINEAR))


def file_uri(path: Path) -> str | None:
    """A PNG file as a data URI; None where it is not there."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"


def _fitted(image: Image.Image, side: int) -> Image.Image:
    # ImageOps.contain would also enlarge an image that is smaller.
    if max(image.size) > side:
        return ImageOps.contain(image, (side, side))
    return image


def _uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    # A photograph is a tenth of the size as JPEG; tiny images keep their pixels.
    if max(image.size) > _LARGER:
        # JPEG has no transparency and no palette.
        image.convert("RGB").save(buffer, "JPEG", quality=85)
        kind = "jpeg"
    else:
        image.save(buffer, "PNG")
        kind = "png"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
