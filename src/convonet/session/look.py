"""A look at the images of the sets: heights and widths, pixel statistics, the mean image of each class."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convonet import tasks
from convonet.errors import DataError
from convonet.events import Watch
from convonet.params import DataParams

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing

_MOST = 1000


@dataclass(frozen=True)
class SizesFound:
    """What was found in an even share of the images.

    Attributes:
        heights, widths: set → how many images have that many pixels.
        pixels: set → mean and standard deviation, 0..255, of the fitted images.
        means: class → its mean image, (height, width, channels) uint8; of the first set.
        looked_at: how many images of each set.
    """

    heights: dict[tasks.Split, Counter[int]]
    widths: dict[tasks.Split, Counter[int]]
    pixels: dict[tasks.Split, tuple[float, float]]
    means: dict[str, Any]
    shape: tuple[int, int, int]
    looked_at: dict[tasks.Split, int]


def find_sizes(
    listings: Mapping[tasks.Split, ImageListing], data: DataParams, watch: Watch, seconds: float = math.inf
) -> SizesFound:
    """Decode up to 1,000 images of each set, spread evenly over it.

    Args:
        seconds: after which no further image is decoded; `looked_at` tells how many were.

    Raises:
        Cancelled: the watch says so.
    """
    # The window can be seen sooner without numpy.
    import numpy as np

    from convonet.data.channels import find_pixels
    from convonet.data.decode import decode, read_bytes

    first = next(iter(listings.values()))
    fit = find_pixels(first, data, watch=watch)
    found = SizesFound({}, {}, {}, {}, fit.shape, {})
    deadline = time.monotonic() + seconds
    for split, listing in listings.items():
        if listing.root.suffix.lower() == ".npz":
            continue
        heights, widths, values = Counter[int](), Counter[int](), []
        sums: dict[str, list[Any]] = {}
        for row_ in range(0, len(listing), max(len(listing) // _MOST, 1)):
            watch.check()
            if time.monotonic() > deadline:
                break
            try:
                image = decode(read_bytes(listing.file(row_)), fit)
            except DataError:
                continue
            heights[image.height] += 1
            widths[image.width] += 1
            # Fitted images have one size, so their means and mean squares give the deviation over all pixels.
            values.append((float(image.pixels.mean()), float((image.pixels.astype(np.float32) ** 2).mean())))
            if listing is first:
                sums.setdefault(listing.classes[listing.labels[row_]], []).append(image.pixels)
        found.heights[split], found.widths[split] = heights, widths
        found.looked_at[split] = len(values)
        if values:
            mean, square = np.mean(values, axis=0)
            # Rounding can make the difference slightly negative where all pixels are alike.
            found.pixels[split] = float(mean), float(max(square - mean**2, 0.0) ** 0.5)
        for name, images in sums.items():
            found.means[name] = np.mean(images, axis=0).astype(np.uint8)
    return found
