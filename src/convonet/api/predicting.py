"""Predict the classes of images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convonet.api.image_inputs import Images, NamedImage, in_batches, named_images, readable
from convonet.api.inputs import Listener, Model, model_path
from convonet.api.progress import following
from convonet.api.results import Errors, PredictionResult, Predictions
from convonet.documents.predictions import PredictionRow
from convonet.errors import DataError, ImageNotFoundError, ParamError
from convonet.evaluation.models import open_predictor
from convonet.evaluation.net_evaluation import Predictor
from convonet.evaluation.prediction import predict_files
from convonet.events import Watch
from convonet.inference.answers import AnswerOptions, answers, check_options


def predict(
    model: Model,
    images: Images,
    *,
    top: int = 5,
    unsure_below: float | None = None,
    max_value: float | None = None,
    errors: Errors = "raise",
    scaling: Any = None,
    classes: Sequence[str] = (),
    listen: Listener = None,
    progress: bool | None = None,
) -> Predictions:
    """Predict the classes of images.

    Args:
        model: a run folder, the id of a run, a model file, or the result of `train` or `load`.
        images: the path of an image or folder, the bytes of a file, an open binary file, a PIL image, an
            array of shape H×W, H×W×C, N×H×W or N×H×W×C, a PyTorch tensor of shape C×H×W or N×C×H×W, or a list
            of those. Images can have any size.
        top: number of classes to list for each image, 1 or more.
        unsure_below: predictions with a lower confidence are marked as unsure, 0..1; None: 0.5.
        max_value: the value of white in floating-point arrays: 1 for pixels 0..1, 255 for pixels 0..255.
        errors: `raise` raises an error for the first image that cannot be read; `return` returns a prediction
            with `error`.
        scaling: pixel scaling of a model made elsewhere, if its file does not contain it.
        classes: class names for a model that contains none, in the order of its outputs.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Returns:
        One prediction for each image, in order. `path` says which image it was.

    Raises:
        FileNotFoundError: an image file does not exist (`convonet.ImageNotFoundError`).
        DataError: an image cannot be read, or `images` contains an unsupported type.
        ModelFileError: the model does not exist.
    """
    with following(listen, progress) as watch:
        predictor = open_predictor(
            model_path(model), scaling=scaling, classes=tuple(classes) or None, watch=watch
        )
        return predict_images(
            predictor,
            images,
            top=top,
            unsure_below=unsure_below,
            max_value=max_value,
            errors=errors,
            watch=watch,
        )


def predict_images(
    predictor: Predictor,
    images: Images,
    *,
    top: int = 5,
    unsure_below: float | None = None,
    max_value: float | None = None,
    errors: Errors = "raise",
    watch: Watch | None = None,
) -> Predictions:
    """`predict` with an open model."""
    if errors not in ("raise", "return"):
        raise ParamError.of({"errors": f"errors: expected raise or return, received {errors}"})
    check_options(top, 0.5 if unsure_below is None else unsure_below)
    given, options = named_images(images, max_value=max_value), AnswerOptions(top, unsure_below)
    if all(isinstance(image.source, Path) for image in given):
        return _of_files(predictor, given, options, errors, watch)
    found = Predictions()
    for batch in in_batches(given, predictor.info.pixels):
        found += _of_batch(predictor, batch, options, errors)
    return found


def _of_files(
    predictor: Predictor,
    given: Sequence[NamedImage],
    options: AnswerOptions,
    errors: Errors,
    watch: Watch | None,
) -> Predictions:
    """Decode files in parallel while the model computes."""
    paths = [Path(image.name) for image in given]
    # Checked before anything is decoded, so that a mistyped name shows at once.
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None and errors == "raise":
        raise ImageNotFoundError("There is no such image file", where=missing)
    found = Predictions(
        map(PredictionResult, predict_files(predictor, paths, **options._asdict(), watch=watch))
    )
    fault = next((one for one in found if one.error is not None), None)
    if fault is not None and errors == "raise":
        raise DataError(f"The image cannot be read: {fault.error}", where=fault.path)
    return found


def _of_batch(
    predictor: Predictor, given: Sequence[NamedImage], options: AnswerOptions, errors: Errors
) -> list[PredictionResult]:
    read, faults = readable(given, predictor.info.pixels, errors=errors)
    rows: Iterator[PredictionRow] = iter(())
    if read:
        scored = predictor.predict_scored(np.stack([pixels for _, pixels in read]))
        names = [name for name, _ in read]
        rows = iter(
            answers(scored.probabilities, predictor.info, names, unknown=scored.unknown, **options._asdict())
        )
    # `rows` has no entry for an unreadable image, so it advances only for the others.
    return [
        PredictionResult({"path": image.name, "error": faults[index].what} if index in faults else next(rows))
        for index, image in enumerate(given)
    ]
