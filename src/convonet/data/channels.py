"""What the images of a set have in common: grey or colour, from their headers, and the range of floating point."""

from __future__ import annotations

import os

import numpy as np
from PIL import Image

from convonet.data.arrays import address_of, image_shape, is_arrays
from convonet.data.cache import ImageCache, files_key
from convonet.data.decode import open_image, read_bytes, read_head
from convonet.data.headers import read_header
from convonet.data.listing import ImageListing
from convonet.data.pixels import float_top_of
from convonet.data.pool import Meter
from convonet.errors import DataError
from convonet.events import Watch
from convonet.params.data_params import DataParams, PixelParams, pixel_params

_MAY_BE_FLOAT = (".tif", ".tiff", ".pfm")
_GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "F"})


def find_channels(
    listing: ImageListing, *, cache: ImageCache | None = None, watch: Watch | None = None
) -> int:
    """1 when every image is stored as grey, 3 when one has colour. Files that cannot be read do not count.

    Headers are read until the first colour; what they say is noted in the cache.

    Args:
        cache: default the per-user one.
    """
    watch = watch or Watch()
    if not len(listing):
        return 1
    if is_arrays(listing.root):
        shape, _ = image_shape(listing.root, address_of(listing.paths[0])[0])
        return 3 if len(shape) == 4 and shape[3] >= 3 else 1
    cache = cache or ImageCache()
    key = files_key(listing)
    channels = cache.channels(key)
    if channels is None:
        channels = 3 if _any_colour(listing, watch) else 1
        cache.remember_channels(key, channels)
    return channels


def find_pixels(
    listing: ImageListing, data: DataParams, *, cache: ImageCache | None = None, watch: Watch | None = None
) -> PixelParams:
    """How the images of a set become pixels: as `data` says, and as the set tells where `data` leaves it open."""
    auto = data.channels == "auto"
    channels = find_channels(listing, cache=cache, watch=watch) if auto else int(data.channels)
    return pixel_params(data, channels)._replace(float_top=_float_top(listing, watch or Watch()))


def _float_top(listing: ImageListing, watch: Watch) -> int:
    """What is white in the floating-point images of a set, by all of them together; 0 where it has none."""
    if is_arrays(listing.root):
        return 0
    top = 0
    for path in listing.paths:
        if path.lower().endswith(_MAY_BE_FLOAT):
            watch.check()
            top = max(top, _float_top_of(os.path.join(listing.root, path)))
        if top == 255:
            break
    return top


def _float_top_of(path: str) -> int:
    try:
        with open_image(read_bytes(path)) as image:
            return float_top_of(np.asarray(image, np.float32)) if image.mode == "F" else 0
    except (DataError, OSError, ValueError, SyntaxError, RuntimeError):
        return 0  # decoding will say why


def _any_colour(listing: ImageListing, watch: Watch) -> bool:
    start = os.path.join(listing.root, "")
    meter = Meter(watch, "scan", len(listing))
    for done, path in enumerate(listing.paths, start=1):
        if done % 64 == 0:
            watch.check()
            meter.tell(done)
        try:
            if _has_colour(start + path):
                return True
        except DataError:
            continue  # decoding will say why
    return False


def _has_colour(path: str) -> bool:
    header = read_header(read_head(path))
    if header is not None:
        return header.channels == 3
    with open_image(read_bytes(path)) as image:
        if image.mode == "P":
            return _is_coloured(image)
        return image.mode not in _GREY_MODES and not image.mode.startswith("I;16")


def _is_coloured(image: Image.Image) -> bool:
    """Whether a palette holds another colour than greys."""
    palette = image.getpalette("RGB") or []
    return not palette[0::3] == palette[1::3] == palette[2::3]
