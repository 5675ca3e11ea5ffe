"""Predict new images: decode, ask the model, say what is likeliest and how sure that is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convonet.data.decode import read_image
from convonet.data.pool import Meter, decoding_workers, in_order
from convonet.data.sources import FoundImages
from convonet.documents.predictions import PredictionRow
from convonet.errors import DataError
from convonet.evaluation.net_evaluation import Predictor
from convonet.events import Warned, Watch
from convonet.inference.answers import TOP, UNSURE_BELOW, answers, check_options
from convonet.inference.batches import images_at_once
from convonet.params.data_params import PixelParams
from convonet.text import counted

_FILES_AT_ONCE = 32
_SIZES_ASKED = 32


def predict_files(
    predictor: Predictor,
    files: FoundImages | Sequence[Path],
    *,
    top: int = TOP,
    unsure_below: float | None = None,
    batch_size: int | None = None,
    watch: Watch | None = None,
) -> list[PredictionRow]:
    """Tell the class of images without labels, in their order.

    Args:
        predictor: the model.
        files: image files, such as `data.sources.scan_images` finds.
        top: how many classes are listed for each image, 1 or more.
        unsure_below: an answer with less confidence is unsure, 0..1; 0.5 when None.
        batch_size: images computed at once; None: as many as suit their size.
        watch: is told progress and what was left out, and asked between images.

    Returns:
        `{"path", "predicted", "confidence", "unsure", "top": [{"class", "probability"}]}` for each file, and
        `{"unknown", "unknown_score"}` where the model tells images of none of its classes; or `{"path", "error"}`
        for one that cannot be read.

    Raises:
        ParamError: `top` or `unsure_below` out of range.
        ModelFileError: the model gives no probabilities.
        Cancelled: the watch says so.
    """
    watch = watch or Watch()
    limit = UNSURE_BELOW if unsure_below is None else unsure_below
    check_options(top, limit)
    paths = list(files.paths if isinstance(files, FoundImages) else files)
    if isinstance(files, FoundImages) and files.skipped:
        _tell_skipped(files, watch)
    meter = Meter(watch, "predict", len(paths))
    documents: list[PredictionRow] = []
    decoded = _decoded(paths, predictor.info.pixels, watch)
    at_once = batch_size or images_at_once(predictor.info.pixels.shape)
    # One batch at a time: a folder of photographs does not fit into memory.
    while batch := list(itertools.islice(decoded, at_once)):
        documents += _predict_batch(predictor, batch, top, limit, watch)
        meter.tell(len(documents))
    return documents


def _predict_batch(
    predictor: Predictor,
    batch: Sequence[tuple[str, NDArray[np.uint8] | str]],
    top: int,
    unsure_below: float,
    watch: Watch,
) -> list[PredictionRow]:
    """The documents of some files, each given as its path and its pixels or the reason why it has none."""
    readable = [(path, pixels) for path, pixels in batch if not isinstance(pixels, str)]
    found: Iterator[PredictionRow] = iter(())
    if readable:
        images = np.stack([pixels for _, pixels in readable])
        scored = predictor.predict_scored(images, batch_size=len(images), watch=watch)
        names = [path for path, _ in readable]
        found = iter(
            answers(
                scored.probabilities,
                predictor.info,
                names,
                top=top,
                unsure_below=unsure_below,
                unknown=scored.unknown,
            )
        )
    return [
        {"path": path, "error": pixels} if isinstance(pixels, str) else next(found) for path, pixels in batch
    ]


def _decoded(
    paths: Sequence[Path], pixels: PixelParams, watch: Watch
) -> Iterator[tuple[str, NDArray[np.uint8] | str]]:
    """The pixels of each file or why it has none; others read on while the model computes.

    A thread takes several files at a time: handing over a small one costs as much as decoding it.
    """
    workers = decoding_workers(_mean_bytes(paths)) if len(paths) > 1 else 1
    size = max(1, min(_FILES_AT_ONCE, len(paths) // (2 * workers)))
    parts = [paths[start : start + size] for start in range(0, len(paths), size)]

    def read(part: Sequence[Path]) -> list[tuple[str, NDArray[np.uint8] | str]]:
        return [_read(path, pixels, watch) for path in part]

    return itertools.chain.from_iterable(in_order(read, parts, workers, watch))


def _mean_bytes(paths: Sequence[Path]) -> float:
    """Of some files that stand for all; one that is not there counts as empty."""
    some = paths[:: max(1, len(paths) // _SIZES_ASKED)]
    return sum(path.stat().st_size for path in some if path.is_file()) / max(1, len(some))


def _read(path: Path, pixels: PixelParams, watch: Watch) -> tuple[str, NDArray[np.uint8] | str]:
    watch.check()
    try:
        return str(path), read_image(path, pixels)
    except DataError as error:
        # A reason instead of an error: one bad file must not end the prediction of a thousand good ones.
        return str(path), error.what


def _tell_skipped(files: FoundImages, watch: Watch) -> None:
    first = files.skipped[0]
    count = len(files.skipped)
    files_were = counted(count, "file was", "files were")
    message = f"{files_were} skipped; the first is {first.path}: {first.reason}"
    watch.tell(Warned(message=message, subject="files"))
