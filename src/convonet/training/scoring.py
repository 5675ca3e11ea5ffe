"""Scores of the validation images after an epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from convonet import metrics
from convonet.events import Watch
from convonet.inference.model_info import ModelInfo
from convonet.inference.probabilities import to_probabilities
from convonet.nets import backend
from convonet.nets.net_model import NetModel
from convonet.params.hyper_params import HyperParams
from convonet.params.stopping_params import CALIBRATED_LOSS
from convonet.training.collapse import PredictionCounts
from convonet.training.image_rows import ImageRows
from convonet.training.losses import targets
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
    predictions: PredictionCounts | None = field(default=None, init=False)

    def score(self, watch: Watch) -> dict[str, float]:
        """`val_loss`, `val_accuracy` and the extra scores that were asked for and are defined."""
        # Training and validation share the sums; the epoch's own are in the position by now.
        self.step.reset()
        classes = len(self.info.classes)
        probabilities = np.empty((len(self.rows), classes), np.float32)
        size = _images_at_once(self.rows)
        for start in range(0, len(self.rows), size):
            watch.check()
            images, labels = self.rows.take(slice(start, start + size))
            raw = self.step.score(images, targets(labels, self.info.output, classes, self.hyper))
            probabilities[start : start + size] = to_probabilities(raw, self.info.output, 1.0)
        loss_sum, correct = self.step.sums()
        logs = {"val_loss": loss_sum / len(self.rows), "val_accuracy": correct / len(self.rows)}
        labels = np.asarray(self.rows.labels[self.rows.rows], dtype=np.int64)
        # An area or a ranking of numbers that are none would be an error instead of a bad score.
        finite = bool(np.isfinite(probabilities).all())
        self.predictions = PredictionCounts.of(probabilities, labels) if finite else None
        return logs | (self._extra(labels, probabilities) if finite else {})

    def _extra(self, labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
        """AUC needs every class among the images, top-k needs k below their number."""
        found: dict[str, float | None] = {}
        if "val_auc" in self.hyper.extra_scores:
            found["val_auc"] = metrics.roc_auc_ovr(labels, probabilities)
        if CALIBRATED_LOSS in self.hyper.extra_scores:
            found[CALIBRATED_LOSS] = float(metrics.calibrated_losses(labels, probabilities)[0].mean())
        if self.hyper.top_k is not None:
            found["val_top_k_accuracy"] = metrics.top_k_accuracy(labels, probabilities, self.hyper.top_k)
        return {name: value for name, value in found.items() if value is not None}


def probabilities_of(model: NetModel, rows: ImageRows, watch: Watch) -> np.ndarray:
    """What a trained network answers, (N, classes) float32: on torch by the forward pass that it is trained with."""
    size = _images_at_once(rows)
    forward = _forward_of(model)
    info = model.info
    probabilities = np.empty((len(rows), len(info.classes)), np.float32)
    for start in range(0, len(rows), size):
        watch.check()
        raw = forward(rows.take(slice(start, start + size))[0])
        probabilities[start : start + size] = to_probabilities(raw, info.output, info.temperature)
    return probabilities


def _images_at_once(rows: ImageRows) -> int:
    return max(1, min(_LARGEST_BATCH, _PIXELS_AT_ONCE // int(np.prod(rows.images.shape[1:3]))))


def _forward_of(model: NetModel) -> Callable[[np.ndarray], np.ndarray]:
    """What the network itself gives for images (N, H, W, C) uint8."""
    network: Any = model.keras_model
    forward = None
    if backend.name() == "torch":
        # Torch need not be installed where another backend computes.
        import torch

        from convonet.nets.torch_path import create_forward

        forward = create_forward(network)
    if forward is None:
        return lambda images: np.asarray(network.predict_on_batch(images.astype(np.float32)))
    device = network.weights[0].value.device

    def run(images: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            raw: np.ndarray = forward(torch.from_numpy(images).to(device).float(), False).cpu().numpy()
        return raw

    return run
