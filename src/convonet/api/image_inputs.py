"""The images passed to `predict` and `explain`, as paths or as pixels in their original size."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convonet.data.decode import decode, open_image, read_image, read_whole
from convonet.data.pixels import Pixels, fitted, flat
from convonet.data.sources import scan_images
from convonet.errors import ConvonetError, DataError, ImageNotFoundError
from convonet.inference.batches import images_at_once
from convonet.params import PixelParams
from convonet.text import local_path

Images: TypeAlias = Any
"""A path, a file's bytes, an open binary file, a PIL image, an array, a tensor, or a list of those."""

_EXPECTED = (
    "a path, bytes, a binary file, a PIL image, a torch tensor, an array of shape H×W, H×W×C, N×H×W or N×H×W×C, or a "
    "list of those"
)
_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class NamedImage:
    """One image of the input.

    Attributes:
        name: its path, or a name for an image in memory: `one image`, `batch[3]`, `images[0]`.
        source: a path, a file's bytes, a PIL image, or uint8 pixels (H, W) or (H, W, C).
    """

    name: str
    source: Path | bytes | Image.Image | Pixels

    def pixels(self, wanted: PixelParams) -> Pixels:
        """(height, width, channels) uint8 in the format of the network's input.

        Raises:
            ImageNotFoundError: the file does not exist.
            DataError: it is not an image.
        """
        try:
            return self._read(wanted)
        except DataError as error:
            error.where = error.where or self.name
            # Made anew: the sentence of an error is made once, when it does not know yet which image it is about.
            raise type(error)(error.what, where=error.where, expected=error.expected) from error

    def _read(self, wanted: PixelParams) -> Pixels:
        source = self.source
        if isinstance(source, Path):
            if not source.exists():
                raise ImageNotFoundError("There is no such image file", where=source)
            return read_image(source, wanted)
        if isinstance(source, bytes):
            return decode(source, wanted).pixels
        image = source if isinstance(source, Image.Image) else _picture(source)
        return fitted(flat(image, wanted.alpha, wanted.float_top), wanted)

    def whole(self) -> Pixels:
        """(height, width) or (height, width, channels) uint8 at its own size.

        Raises:
            DataError: it is not an image.
        """
        source = self.source
        if isinstance(source, np.ndarray):
            return source
        if isinstance(source, Path):
            return read_whole(source)
        if isinstance(source, bytes):
            with open_image(source) as image:
                return np.asarray(flat(image, "white"))
        return np.asarray(flat(source, "white"))

    def to_png(self) -> bytes:
        """The image as a PNG file without loss, at its own size."""
        source = self.source
        image = source if isinstance(source, Image.Image) else None
        if isinstance(source, np.ndarray):
            image = _picture(source)
        if image is None:
            assert isinstance(source, bytes)
            return source
        file = io.BytesIO()
        flat(image, "white").save(file, "PNG")
        return file.getvalue()


def named_images(images: Images, *, max_value: float | None = None) -> list[NamedImage]:
    """All images of the input, in order; folders are searched.

    Args:
        images: `Images`. A tensor has torch's order of axes, (C, H, W) or (N, C, H, W), unless only its last axis can
            be the channels.
        max_value: the value of white in floating-point pixels, 1 or 255.

    Raises:
        DataError: there are no images, or something is not an image.
    """
    found = _one(images, "one image", "batch", max_value)
    if found is None:
        found = []
        for index, item in enumerate(_items(images)):
            one = _one(item, f"images[{index}]", f"images[{index}]", max_value)
            if one is None:
                raise _not_an_image(item, f"images[{index}]")
            found += one
    if not found:
        raise DataError("No images were given", expected=_EXPECTED)
    return found


def _items(images: Images) -> Iterable[Any]:
    if not isinstance(images, Iterable):
        raise _not_an_image(images, None)
    return images


def _one(item: Any, alone: str, batch: str, max_value: float | None) -> list[NamedImage] | None:
    """The images of one argument; None if it is a list or an unsupported type."""
    if isinstance(item, (str, os.PathLike)):
        return _files(Path(local_path(item)))
    if isinstance(item, (bytes, bytearray, memoryview)):
        return [NamedImage(alone, bytes(item))]
    if isinstance(item, Image.Image):
        # Pillow knows a file name only of images that it has opened itself.
        return [NamedImage(getattr(item, "filename", "") or alone, item)]
    # Open files of any library, such as those of an upload or of a zip archive.
    if hasattr(item, "read"):
        return [NamedImage(alone, bytes(item.read()))]
    # An array may be one image or a batch; a list of arrays is taken item by item.
    if isinstance(item, np.ndarray):
        return _array(item, alone, batch, max_value)
    # A tensor of torch, asked for without loading torch.
    if hasattr(item, "detach") and hasattr(item, "cpu"):
        return _array(_channels_last(item.detach().cpu().numpy()), alone, batch, max_value)
    return None


def _files(path: Path) -> list[NamedImage]:
    if not path.is_dir():
        return [NamedImage(str(path), path)]
    return [NamedImage(str(file), file) for file in scan_images([path]).paths]


def _array(array: NDArray[Any], alone: str, batch: str, max_value: float | None) -> list[NamedImage]:
    pixels = _bytes_of(array, max_value)
    if pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in _CHANNELS):
        return [NamedImage(alone, pixels)]
    if pixels.ndim == 3 or (pixels.ndim == 4 and pixels.shape[3] in _CHANNELS):
        return [NamedImage(f"{batch}[{index}]", one) for index, one in enumerate(pixels)]
    raise DataError(
        "The array does not hold images",
        expected="shape H×W, H×W×C, N×H×W or N×H×W×C, where C is 1, 3 or 4",
        received="×".join(map(str, array.shape)) or "one number",
    )


def _channels_last(array: NDArray[Any]) -> NDArray[Any]:
    """Move the channels from PyTorch's position to the last axis."""
    if array.ndim in (3, 4) and array.shape[-3] in _CHANNELS:
        return np.moveaxis(array, -3, -1)
    return array


def _bytes_of(array: NDArray[Any], max_value: float | None) -> Pixels:
    """The same pixels as uint8."""
    if array.dtype == np.uint8:
        return array
    # An empty array has no smallest or largest value to look at below.
    if array.dtype.kind != "f" or array.size == 0:
        raise DataError(
            "The array does not hold pixels",
            expected="uint8 values 0..255, or floating-point values with max_value=1 or max_value=255",
            received=f"{array.dtype} values of shape {array.shape}",
        )
    low, high = float(array.min()), float(array.max())
    # Guessing from the largest value would take a dark image of 0 to 255 for one of 0 to 1.
    if max_value is None:
        raise DataError(
            "The range of floating-point pixels is not known",
            expected="max_value=1 for pixels 0..1, or max_value=255 for pixels 0..255",
            received=f"{array.dtype} values from {low:g} to {high:g}",
        )
    if max_value <= 0 or not (low >= 0 and high <= max_value):
        raise DataError(
            "The pixels are out of range",
            expected=f"finite values 0..{max_value:g}",
            received=f"values from {low:g} to {high:g}",
        )
    # Rounded, since cutting off would make nearly every pixel one step darker.
    return np.rint(array.astype(np.float64) * (255.0 / max_value)).astype(np.uint8)


def _picture(pixels: Pixels) -> Image.Image:
    return Image.fromarray(pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)


def _not_an_image(item: Any, where: str | None) -> DataError:
    return DataError("This is not an image", where=where, expected=_EXPECTED, received=type(item).__name__)


def in_batches(images: Sequence[NamedImage], wanted: PixelParams) -> Iterator[Sequence[NamedImage]]:
    """Batches of the size that suits a network with this input size."""
    size = images_at_once(wanted.shape)
    for start in range(0, len(images), size):
        yield images[start : start + size]


def readable(
    images: Sequence[NamedImage], wanted: PixelParams, *, errors: str
) -> tuple[list[tuple[str, Pixels]], dict[int, ConvonetError]]:
    """The pixels of all readable images and, with `errors="return"`, the errors of the others, by index.

    Raises:
        ConvonetError: the first image that cannot be read, with `errors="raise"`.
    """
    read: list[tuple[str, Pixels]] = []
    faults: dict[int, ConvonetError] = {}
    for index, image in enumerate(images):
        try:
            read.append((image.name, image.pixels(wanted)))
        except DataError as error:
            if errors == "raise":
                raise
            faults[index] = error
    return read, faults
