"""From an opened image of any mode to grey or colour of the wanted size. Pillow defines every pixel.

Grey is Pillow's integer formula, (19595 R + 38470 G + 7471 B + 32768) >> 16.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from convonet.params.data_params import Alpha, Filter, PixelParams

Pixels = npt.NDArray[np.uint8]

_FILTERS: dict[Filter, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "area": Image.Resampling.BOX,
    "nearest": Image.Resampling.NEAREST,
}


def flat(image: Image.Image, alpha: Alpha, float_top: int = 0) -> Image.Image:
    """The image as it is seen, in mode L or RGB: turned as its EXIF says, without transparency.

    16-bit grey loses its low byte; whole numbers of 32 bits are taken on the 16-bit scale.

    Args:
        float_top: what is white in floating point, 1 or 255. 0: the image tells, 1 where it stays within 0..1.
    """
    # First of all: sizes and boxes mean the image as people see it.
    image = ImageOps.exif_transpose(image)
    # Versions of Pillow differ in how they make 8 bits of these: cut off, or scaled.
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    if image.mode == "I":
        return Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))
    if image.mode == "F":
        return Image.fromarray(_from_float(np.asarray(image), float_top))
    if image.has_transparency_data:
        return _without_alpha(image, alpha)
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _from_float(values: npt.NDArray[np.float32], top: int) -> Pixels:
    values = np.nan_to_num(values)
    scale = 255.0 / (top or float_top_of(values))
    whole: Pixels = np.rint(values * scale).clip(0, 255).astype(np.uint8)
    return whole


def float_top_of(values: npt.NDArray[np.float32]) -> int:
    """What is white in floating-point numbers, by their range: 1 where all are within 0..1, else 255."""
    values = np.nan_to_num(values)
    # Floating-point files do not say their scale; these two are what programs write.
    return 1 if values.max(initial=0.0) <= 1 and values.min(initial=0.0) >= 0 else 255


def _without_alpha(image: Image.Image, alpha: Alpha) -> Image.Image:
    is_grey = image.mode in ("1", "L", "LA", "La")
    whole = image.convert("LA" if is_grey else "RGBA")
    opaque = whole.convert("L" if is_grey else "RGB")
    if alpha == "drop":
        return opaque
    ground = Image.new(opaque.mode, opaque.size, alpha)
    ground.paste(opaque, mask=whole.getchannel("A"))
    return ground


def fitted(image: Image.Image, pixels: PixelParams) -> Pixels:
    """The pixels of an image in mode L or RGB, brought to the wanted channels and then the wanted size.

    Returns:
        (height, width, channels) uint8.
    """
    # Channels first: grey of a resized colour image would differ from a resized grey image by rounding.
    mode = "L" if pixels.channels == 1 else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    size = (pixels.width, pixels.height)
    if image.size != size:
        if pixels.resize == "stretch":
            image = image.resize(size, _FILTERS[pixels.filter])
        elif pixels.resize == "crop":
            image = image.resize(size, _FILTERS[pixels.filter], box=_centre(image.size, size))
        else:
            return _padded(image, pixels)
    return np.asarray(image).reshape(pixels.shape)


def _centre(have: tuple[int, int], want: tuple[int, int]) -> tuple[float, float, float, float]:
    """The largest box of the wanted shape in the middle of an image: left, top, right, bottom."""
    scale = min(have[0] / want[0], have[1] / want[1])
    width, height = want[0] * scale, want[1] * scale
    left, top = (have[0] - width) / 2, (have[1] - height) / 2
    # Rounding may put the box a hair outside, which Pillow refuses.
    return max(left, 0.0), max(top, 0.0), min(left + width, have[0]), min(top + height, have[1])


def _padded(image: Image.Image, pixels: PixelParams) -> Pixels:
    """The whole image in its own shape, in the middle of zeros or of its own edge repeated."""
    scale = min(pixels.width / image.width, pixels.height / image.height)
    # A very long image still gets one row or column of pixels.
    width = min(max(round(image.width * scale), 1), pixels.width)
    height = min(max(round(image.height * scale), 1), pixels.height)
    if image.size != (width, height):
        image = image.resize((width, height), _FILTERS[pixels.filter])
    left, top = (pixels.width - width) // 2, (pixels.height - height) // 2
    around = ((top, pixels.height - height - top), (left, pixels.width - width - left), (0, 0))
    inner = np.asarray(image).reshape(height, width, pixels.channels)
    return np.pad(inner, around, mode="constant" if pixels.resize == "pad" else "edge")
