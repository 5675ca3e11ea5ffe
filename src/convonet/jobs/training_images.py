"""The prepared training images, for jobs that only look at them."""

from __future__ import annotations

from dataclasses import dataclass

from convonet.data.channels import find_pixels
from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.sources import scan_train
from convonet.events import StageStarted, Watch
from convonet.params import DataParams, PixelParams
from convonet.training.image_rows import ImageRows


@dataclass(frozen=True)
class TrainingImages:
    """The set, its rows, and what its pixels are."""

    prepared: PreparedSet
    rows: ImageRows
    pixels: PixelParams


def training_images(data: DataParams, watch: Watch) -> TrainingImages:
    """Scan and prepare the training folder."""
    watch.tell(StageStarted(stage="scan", title="Looking at the folders"))
    train = scan_train(data, watch=watch)
    pixels = find_pixels(train, data, watch=watch)
    watch.tell(StageStarted(stage="prepare", title="Reading the images"))
    prepared = prepare(train, pixels, name="train", watch=watch)
    return TrainingImages(prepared, ImageRows.all(prepared.images, prepared.labels), pixels)
