"""The prepared training images, for jobs that only look at them."""

from __future__ import annotations

from dataclasses import dataclass

from convonet.data.channels import find_channels
from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.sources import scan_train
from convonet.events import StageStarted, Watch
from convonet.params import DataParams, PixelParams, pixel_params
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
    channels = find_channels(train, watch=watch) if data.channels == "auto" else data.channels
    pixels = pixel_params(data, channels)
    watch.tell(StageStarted(stage="prepare", title="Reading the images"))
    prepared = prepare(train, pixels, name="train", watch=watch)
    return TrainingImages(prepared, ImageRows.all(prepared.images, prepared.labels), pixels)
