"""Run a model over a prepared set and score it. The model may be ONNX Runtime's or Keras'."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from convonet import metrics
from convonet.data.data_prep import PreparedSet
from convonet.data.pool import Meter
from convonet.documents.evaluation import SPLIT_TITLES, ChosenDecision
from convonet.errors import ClassMismatchError, DataError, ParamError
from convonet.evaluation.choosing import Chosen, ThresholdRequest, choose, cool, cooled_info
from convonet.evaluation.evaluation import TOP_K, Evaluation, score
from convonet.events import EvaluationEnded, Warned, Watch
from convonet.inference.answers import check_probabilities
from convonet.inference.batches import images_at_once
from convonet.inference.decision import decide
from convonet.inference.model_info import ModelInfo
from convonet.inference.unknown import Scored
from convonet.tasks import Split
from convonet.text import counted


class Predictor(Protocol):
    """What turns pixels into probabilities: `inference.OnnxModel` and `nets.NetModel`."""

    @property
    def info(self) -> ModelInfo:
        """What the model says of itself."""

    def predict(
        self, images: NDArray[np.uint8], *, batch_size: int | None = ..., watch: Watch | None = ...
    ) -> NDArray[np.float32]:
        """Probabilities, shape (n, classes), of pixels 0..255, shape (n, height, width, channels)."""

    def predict_scored(
        self, images: NDArray[np.uint8], *, batch_size: int | None = ..., watch: Watch | None = ...
    ) -> Scored:
        """The same, and the score of images of no known class where the model has one."""


def evaluate(
    predictor: Predictor,
    prepared: PreparedSet,
    *,
    split: Split = "test",
    top_k: int = TOP_K,
    positive: str | None = None,
    threshold: float | None = None,
    chosen: Chosen | None = None,
    batch_size: int | None = None,
    watch: Watch | None = None,
) -> Evaluation:
    """Predict every image of the set and compare with the labels.

    Args:
        predictor: the model.
        prepared: the set, read with the model's class names and pixels.
        split: `train`, `val` or `test`.
        top_k: 1 or more.
        positive: the positive of two classes, default the model's, else the second.
        threshold: 0..1, the positive class is answered at p ≥ threshold; default the model's, else none.
        chosen: what `choose_on` chose: its temperature cools the probabilities (a threshold of the model's own
            follows), its threshold and positive class come before those given.
        batch_size: images at a time; None: as many as suit their size.
        watch: is told the scores, and asked between batches.

    Raises:
        ClassMismatchError: the set was read with other class names.
        DataError: no image, or pixels of another shape.
        ParamError: a positive class or threshold that cannot be, all faults at once.
        ModelFileError: the model gives no probabilities.
        Cancelled: the watch says so.
    """
    watch = watch or Watch()
    if top_k < 1:
        raise ParamError.of({"top_k": f"top_k: expected 1 or more, received {top_k}"})
    _check_set(predictor.info, prepared, split)
    classes = _check_classes(predictor.info, prepared.classes, watch)
    chosen = chosen or Chosen()
    if chosen.threshold is not None:
        positive, threshold = chosen.positive, chosen.threshold
    decision = decide(classes, cooled_info(predictor.info, chosen.temperature), positive, threshold)
    # The first call builds what later ones reuse (memory, Keras' predict function) and is not timed.
    check_probabilities(predictor.predict(prepared.images[:1]), classes)
    started = time.perf_counter()
    scored = predict_all(predictor, prepared.images, batch_size, watch)
    probabilities = scored.probabilities
    seconds = time.perf_counter() - started
    check_probabilities(probabilities, classes)
    result = score(
        np.asarray(prepared.labels, dtype=np.int64),
        cool(probabilities, chosen.temperature),
        decision,
        classes=classes,
        paths=prepared.paths,
        split=split,
        skipped=prepared.listing.skipped,
        top_k=top_k,
        images_per_second=len(probabilities) / max(seconds, 1e-9),
        chosen=_report(chosen, prepared, probabilities),
        root=str(prepared.listing.root),
    )
    result = replace(result, unknown_scores=scored.unknown, marks=prepared.listing.marks)
    interval = (result.accuracy_interval.low, result.accuracy_interval.high)
    watch.tell(
        EvaluationEnded(split=split, images=len(result), accuracy=result.accuracy, accuracy_interval=interval)
    )
    return result


def choose_on(
    predictor: Predictor,
    prepared: PreparedSet,
    request: ThresholdRequest,
    *,
    positive: str | None = None,
    threshold: float | None = None,
    watch: Watch | None = None,
) -> Chosen:
    """Choose a threshold and a temperature on a prepared validation set.

    Args:
        predictor: the model.
        prepared: the validation set, read with the model's class names and pixels.
        request: what is to be chosen.
        positive: the positive of two classes, default the model's, else the second.
        threshold: one that was given beside the request, which rules out choosing another.
        watch: is asked between batches.

    Raises:
        ConvonetError: as `evaluate`.
    """
    watch = watch or Watch()
    _check_set(predictor.info, prepared, "val")
    classes = _check_classes(predictor.info, prepared.classes, watch)
    request.check(threshold, len(classes))
    index = decide(classes, predictor.info, positive).positive
    probabilities = predict_all(predictor, prepared.images, None, watch).probabilities
    check_probabilities(probabilities, classes)
    labels = np.asarray(prepared.labels, dtype=np.int64)
    named = None if index is None else classes[index]
    return choose(request, labels, probabilities, classes=classes, positive=named)


def predict_all(
    predictor: Predictor, images: NDArray[np.uint8], batch_size: int | None, watch: Watch
) -> Scored:
    """What the model answers to all images, n ≥ 1; progress is told about ten times a second.

    Raises:
        Cancelled: the watch says so.
    """
    parts: list[Scored] = []
    meter = Meter(watch, "test", len(images))
    batch_size = batch_size or images_at_once(predictor.info.pixels.shape)
    for first in range(0, len(images), batch_size):
        batch = images[first : first + batch_size]
        parts.append(predictor.predict_scored(batch, batch_size=batch_size, watch=watch))
        meter.tell(first + len(batch))
    scores = [part.unknown for part in parts if part.unknown is not None]
    probabilities = np.concatenate([part.probabilities for part in parts])
    return Scored(probabilities, np.concatenate(scores) if scores else None)


def _report(
    chosen: Chosen, prepared: PreparedSet, probabilities: NDArray[np.float32]
) -> ChosenDecision | None:
    """What was chosen; beside a temperature also the calibration error of these images without it."""
    if chosen.report is None or chosen.temperature == 1:
        return chosen.report
    error = metrics.expected_calibration_error(*metrics.confidence_of(prepared.labels, probabilities))
    return chosen.report.changed(ece_uncalibrated=error)


def _check_set(info: ModelInfo, prepared: PreparedSet, split: str) -> None:
    if len(prepared.images) == 0:
        raise DataError(
            f"None of the images of the {SPLIT_TITLES.get(split, split)} set could be read",
            where=prepared.listing.root,
            received=counted(len(prepared.listing.skipped), "skipped file"),
        )
    if tuple(prepared.images.shape[1:]) != info.pixels.shape:
        raise DataError(
            f"The images of the {SPLIT_TITLES.get(split, split)} set do not have the shape that the model expects",
            where=prepared.listing.root,
            expected=" × ".join(str(side) for side in info.pixels.shape),
            received=" × ".join(str(side) for side in prepared.images.shape[1:]),
        )


def _check_classes(info: ModelInfo, offered: Sequence[str], watch: Watch) -> tuple[str, ...]:
    """The names to use: the model's. A model without names takes the set's, and that is said aloud."""
    offered = tuple(offered)
    if not info.classes:
        names = ", ".join(offered[:10]) + (" …" if len(offered) > 10 else "")
        message = f"The model has no class names. The folder names are used, in this order: {names}"
        watch.tell(Warned(message=message, subject="classes"))
        return offered
    if offered != info.classes:
        raise _mismatch(info.classes, offered)
    return offered


def _mismatch(known: tuple[str, ...], offered: tuple[str, ...]) -> ClassMismatchError:
    expected, received = ", ".join(known), ", ".join(offered)
    missing = [name for name in known if name not in offered]
    extra = [name for name in offered if name not in known]
    if not missing and not extra:
        return ClassMismatchError(
            "The classes of the set are in a different order from the model's",
            expected=expected,
            received=received,
        )
    return ClassMismatchError(
        "The set's classes do not match the model's",
        missing=missing,
        extra=extra,
        expected=expected,
        received=received,
        hint="Read the set with the model's class names, or specify a class_map",
    )
