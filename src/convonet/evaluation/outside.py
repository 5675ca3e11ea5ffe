"""How well a model tells images of none of its classes, on images that are known to be such."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convonet import metrics
from convonet.data.decode import read_image
from convonet.data.pool import Meter
from convonet.documents.evaluation import UnknownScores
from convonet.errors import DataError
from convonet.evaluation.net_evaluation import Predictor
from convonet.events import Watch
from convonet.inference.batches import images_at_once
from convonet.inference.unknown_rule import UnknownRule
from convonet.params.labels import named
from convonet.text import counted

RECALL = 0.95

Scores = NDArray[np.float32]


def unknown_scores(rule: UnknownRule, inside: Scores, outside: Scores | None = None) -> UnknownScores:
    """The part of an evaluation about unknown images; what was not measured is None.

    Args:
        rule: the model's.
        inside: scores of images of the model's classes, (N,).
        outside: scores of images of none of them, (M,).
    """
    alarms = rule.is_unknown(inside)
    scores = UnknownScores(
        threshold=rule.threshold,
        rate=rule.rate,
        measured_on=rule.measured_on,
        false_alarms=float(alarms.mean()),
        false_alarms_interval=metrics.wilson(int(alarms.sum()), len(alarms)),
    )
    if outside is None:
        return scores
    found = rule.is_unknown(outside)
    is_outside = np.concatenate([np.zeros(len(inside), np.bool_), np.ones(len(outside), np.bool_)])
    # Sorted rather than `np.quantile`, which could interpolate to a score that fewer images reach.
    reached = np.sort(outside)[int(np.floor((1 - RECALL) * len(outside)))]
    return scores.changed(
        outside_images=len(outside),
        found=float(found.mean()),
        found_interval=metrics.wilson(int(found.sum()), len(found)),
        auroc=metrics.roc_auc(is_outside, np.concatenate([inside, outside])),
        false_alarms_at_95_recall=float((inside >= reached).mean()),
    )


def outside_scores(predictor: Predictor, files: Sequence[Path], watch: Watch) -> Scores:
    """The scores of image files that are of none of the model's classes, (M,), M ≥ 1.

    Raises:
        DataError: the model cannot tell unknown images, or no file can be read.
        Cancelled: the watch says so.
    """
    if predictor.info.unknown is None:
        raise DataError(
            "The model cannot recognize images that belong to none of its classes",
            hint=f"Only models that Convonet trained with {named('unknown_rate')} above 0 can do so. Models from "
            "earlier versions must be trained again",
        )
    meter, parts = Meter(watch, "outside", len(files)), []
    at_once = images_at_once(predictor.info.pixels.shape)
    for start in range(0, len(files), at_once):
        watch.check()
        images = _readable(files[start : start + at_once], predictor)
        if images:
            scores = predictor.predict_scored(np.stack(images)).unknown
            assert scores is not None
            parts.append(scores)
        meter.tell(min(start + at_once, len(files)))
    if not parts:
        raise DataError(
            "None of these images can be read",
            received=counted(len(files), "file"),
        )
    return np.concatenate(parts)


def _readable(files: Sequence[Path], predictor: Predictor) -> list[NDArray[np.uint8]]:
    found = []
    for file in files:
        try:
            found.append(read_image(file, predictor.info.pixels))
        except DataError:
            continue
    return found
