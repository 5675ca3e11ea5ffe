"""The prepared training images, for jobs that only look at them."""

from __future__ import annotations

from dataclasses import dataclass

from convonet.data.data_prep import PreparedSet
from convonet.data.sources import scan_train
from convonet.events import StageStarted, Watch
from convonet.jobs.preparing import prepare
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
    watch.tell(StageStarted(stage="scan", title="Reading folders"))
    train = scan_train(data, watch=watch)
    pixels, sets = prepare(None, data, {"train": train}, watch)
    prepared = sets["train"]
    return TrainingImages(prepared, ImageRows.all(prepared.images, prepared.labels), pixels)
