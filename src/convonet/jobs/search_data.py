"""The images of a search or a study: scanned, prepared, checked, and cut into folds."""

from __future__ import annotations

import math

from convonet.data.channels import find_pixels
from convonet.data.data_prep import prepare
from convonet.data.sources import scan_train
from convonet.errors import InputError
from convonet.events import StageStarted, Warned, Watch
from convonet.jobs.checks import check_before_training
from convonet.jobs.data_record import check_same_data, must_be_same
from convonet.params import DataParams, PixelParams
from convonet.runs import Run
from convonet.tuning.fold_data import FoldData


def prepare_search(
    run: Run,
    data: DataParams,
    *,
    folds: int,
    images: int | None,
    accept: bool,
    watch: Watch,
    disk_limit: int | None = None,
) -> FoldData:
    """Map the training images once, for all trainings.

    Args:
        folds: 1 holds out the validation share.
        images: at most so many; None: all.
        disk_limit: bytes that the prepared images may take; None: no limit.
        accept: go on although the images are no longer those that the run began with.

    Raises:
        DataError: there are no images, or too few.
        InputError: prepared, the images would not fit into the disk limit.
        DataChangedError: other images than those that the run began with.
    """
    watch.tell(StageStarted(stage="scan", title="Looking at the folders"))
    train = scan_train(data, watch=watch)
    watch.check()
    pixels = find_pixels(train, data, watch=watch)
    if disk_limit is not None:
        _check_disk(len(train), pixels, disk_limit)
    watch.tell(StageStarted(stage="prepare", title="Reading the images"))
    prepared = prepare(train, pixels, name="train", by_content=must_be_same(run), watch=watch)
    check_same_data(run, {"train": prepared}, accept=accept, watch=watch)
    check_before_training(run, {"train": train}, {"train": prepared}, None, watch)
    cut = FoldData.of(prepared, pixels, data, folds=folds, images=images)
    if len(cut.chosen) < len(cut.labels):
        message = (
            f"{len(cut.chosen):,} of {len(cut.labels):,} images are taken: a larger limit (images) takes more"
        )
        watch.tell(Warned(message=message, subject="images"))
    return cut


def _check_disk(count: int, pixels: PixelParams, limit: int) -> None:
    needed = count * math.prod(pixels.shape)
    if needed > limit:
        raise InputError(
            f"The prepared images would take {needed / 10**9:.3g} GB of disk",
            expected=f"at most {limit / 10**9:.3g} GB, the disk limit",
            hint="Raise disk_limit, or take a smaller image size",
        )
