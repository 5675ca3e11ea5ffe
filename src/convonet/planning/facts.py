"""What a plan knows of the images: counts, channels and sizes, from names and headers alone."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from convonet.data.arrays import address_of, image_shape, is_arrays
from convonet.data.decode import open_image, read_bytes, read_head
from convonet.data.headers import read_header
from convonet.data.listing import ImageListing
from convonet.data.sources import find_channels
from convonet.documents.plan import ImageFacts
from convonet.errors import DataError
from convonet.params.advice import looks_like_signs

_SAMPLED = 200
_CAMERA = (".jpg", ".jpeg", ".webp", ".heic")


def facts_of(listing: ImageListing, *, channels: int | None = None, validation: int = 0) -> ImageFacts:
    """The facts of a listed training set.

    Args:
        channels: 1 or 3; None: found from the headers.
        validation: validation images of their own.

    Raises:
        DataError: no image can be read.
    """
    sizes = list(_sizes(listing))
    if not sizes:
        raise DataError("No images could be read", where=listing.root, expected="images of a known type")
    # The median: a few huge scans among thumbnails say nothing about the set.
    height, width = np.median(np.array(sizes), axis=0).astype(int).tolist()
    return ImageFacts(
        images=len(listing),
        counts=listing.counts(),
        channels=channels or find_channels(listing),
        height=height,
        width=width,
        signs=looks_like_signs(listing.classes),
        # By file type, for the sentence alone: nothing is decided by it.
        photographs=2 * sum(path.lower().endswith(_CAMERA) for path in listing.paths) > len(listing),
        validation=validation,
    )


def _sizes(listing: ImageListing) -> Iterator[tuple[int, int]]:
    """Height and width of images from all over the set; those that cannot be read are left out."""
    if is_arrays(listing.root):
        shape, _ = image_shape(listing.root, address_of(listing.paths[0])[0])
        yield shape[1], shape[2]
        return
    # Evenly over the set: folders come one after another, and each may have a size of its own.
    step = max(1, len(listing) // _SAMPLED)
    for path in listing.paths[::step]:
        try:
            yield _size(os.path.join(listing.root, path))
        except DataError:
            continue


def _size(path: str) -> tuple[int, int]:
    header = read_header(read_head(path))
    if header is not None:
        return header.height, header.width
    with open_image(read_bytes(path)) as image:
        return image.height, image.width
