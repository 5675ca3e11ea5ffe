"""The images of a job that learns from them: one size and number of channels, decoded, and the same as before."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import NamedTuple

from convonet.data.cache import ImageCache
from convonet.data.channels import find_pixels
from convonet.data.data_prep import PreparedSet
from convonet.data.data_prep import prepare as prepare_set
from convonet.data.listing import ImageListing
from convonet.errors import InputError
from convonet.events import StageStarted, Watch
from convonet.hints import Hint, option
from convonet.jobs.data_record import check_same_data, must_be_same
from convonet.params import DataParams, PixelParams
from convonet.runs import Run


class PreparedImages(NamedTuple):
    """Decoded images.

    Attributes:
        pixels: what a file became.
        sets: by name, `train` among them.
    """

    pixels: PixelParams
    sets: Mapping[str, PreparedSet]

    @property
    def train(self) -> PreparedSet:
        """The training images."""
        return self.sets["train"]


def prepare(
    run: Run | None,
    data: DataParams,
    listings: Mapping[str, ImageListing],
    watch: Watch,
    *,
    accept_changed: bool = False,
    disk_limit: int | None = None,
    on_disk: bool = False,
) -> PreparedImages:
    """Decode listed images as the data parameters say, and remember which they were.

    Args:
        run: whose record remembers the images of its first attempt; None: nothing is remembered.
        listings: by name; the pixels follow from `train`.
        accept_changed: continue although the images are no longer those that the run began with.
        on_disk: keep the pixels on the disk, however many they are: processes that train side by side share them.
        disk_limit: bytes that the decoded training images may take; None: no limit.

    Raises:
        InputError: the images cannot be decoded, or would not fit into the disk limit.
        DataChangedError: other images than those that the run began with.
        Cancelled: the person asked to stop.
    """
    pixels = find_pixels(listings["train"], data, watch=watch)
    if disk_limit is not None:
        # Asked before anything is written: a full disk would stop other programs too.
        _check_disk(len(listings["train"]), pixels, disk_limit)
    watch.tell(StageStarted(stage="prepare", title="Reading the images"))
    # Times of files change when a folder is copied, so a later attempt compares what is in them.
    again = run is not None and must_be_same(run)
    cache = ImageCache(prepared_bytes=sys.maxsize if on_disk else data.prepared_bytes)
    sets = {
        name: prepare_set(listing, pixels, name=name, cache=cache, by_content=again, watch=watch)
        for name, listing in listings.items()
    }
    if run is not None:
        check_same_data(run, sets, accept=accept_changed, watch=watch)
    return PreparedImages(pixels, sets)


def _check_disk(count: int, pixels: PixelParams, limit: int) -> None:
    needed = count * math.prod(pixels.shape)
    if needed > limit:
        raise InputError(
            f"The prepared images would take {needed / 10**9:.3g} GB of disk space",
            expected=f"at most {limit / 10**9:.3g} GB, the disk limit",
            hint=Hint.of(
                "Increase {}, or use a smaller image size",
                option("disk_limit"),
                window="Use a smaller image size",
            ),
        )
