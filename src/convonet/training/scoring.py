"""Scores of the validation images after an epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from convonet import metrics
from convonet.events import Watch
from convonet.inference.model_info import ModelInfo
from convonet.inference.probabilities import to_probabilities
from convonet.params.hyper_params import HyperParams
from convonet.training.collapse import Predictions
from convonet.training.image_rows import ImageRows
from convonet.training.losses import truths
from convonet.training.steps import Step

_LARGEST_BATCH = 128
_PIXELS_AT_ONCE = 2**21


@dataclass
class Scorer:
    """Scores some images with a network in training.

    Attributes:
        predictions: of the last `score`; None before it, and where they are not finite.
    """

    step: Step
    rows: ImageRows
    info: ModelInfo
    hyper: HyperParams
    predictions: Predictions | None = field(default=None, init=False)

    def score(self, watch: Watch) -> dict[str, float]:
        """`val_loss`, `val_accuracy` and the extra scores that were asked for and are defined."""
        self.step.reset()
        said, classes = [], len(self.info.classes)
        places = int(np.prod(self.rows.images.shape[1:3]))
        size = max(1, min(_LARGEST_BATCH, _PIXELS_AT_ONCE // places))
        for start in range(0, len(self.rows), size):
            watch.check()
            images, labels = self.rows.take(slice(start, start + size))
            said.append(self.step.score(images, truths(labels, self.info.output, classes, self.hyper)))
        loss_sum, right = self.step.sums()
        logs = {"val_loss": loss_sum / len(self.rows), "val_accuracy": right / len(self.rows)}
        labels = np.asarray(self.rows.labels[self.rows.rows], dtype=np.int64)
        probabilities = to_probabilities(np.concatenate(said), self.info.output, 1.0)
        finite = bool(np.isfinite(probabilities).all())
        self.predictions = Predictions.of(probabilities, labels) if finite else None
        return logs | (self._extra(labels, probabilities) if finite else {})

    def _extra(self, labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
        """AUC needs every class among the images, top-k needs k below their number."""
        found: dict[str, float | None] = {}
        if "val_auc" in self.hyper.extra_scores:
            found["val_auc"] = metrics.roc_auc_ovr(labels, probabilities)
        if self.hyper.top_k is not None:
            found["val_top_k_accuracy"] = metrics.top_k_accuracy(labels, probabilities, self.hyper.top_k)
        return {name: value for name, value in found.items() if value is not None}
