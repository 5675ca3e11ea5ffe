"""The head of a frozen backbone fitted to convergence, with the history of one epoch that it stands for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convonet import metrics
from convonet.errors import ParamError
from convonet.events import EpochEnded, StageStarted, TrainingStarted, Watch
from convonet.inference.probabilities import to_probabilities
from convonet.nets.backend import keras
from convonet.nets.net_model import NetModel
from convonet.params.hyper_params import HyperParams
from convonet.params.stopping_params import CALIBRATED_LOSS
from convonet.text import counted
from convonet.training.history import History
from convonet.training.image_rows import ImageRows
from convonet.training.linear_head import fit_head
from convonet.training.losses import class_weights
from convonet.training.result import TrainingResult


def converged(
    head: NetModel, hyper: HyperParams, train: ImageRows, val: ImageRows | None, watch: Watch
) -> TrainingResult:
    """Fit the dense output of `head`, a network from features (N, F), on the features of the training images.

    Raises:
        ParamError: the head has other layers to train than its output.
    """
    layer = _output_of(head)
    watch.tell(StageStarted(stage="head", title="Fitting the classifier"))
    watch.tell(TrainingStarted(epochs=1, steps=1, images=len(train), validation_images=len(val or ())))
    features, labels = train.take(slice(None))
    classes = len(head.info.classes)
    fitted = fit_head(
        features,
        labels,
        classes,
        class_weights=class_weights(hyper, labels, head.info.classes),
        seed=hyper.seed,
        watch=watch,
    )
    weights, bias = fitted.weights, fitted.bias
    if layer.units == 1:
        # One sigmoid is a softmax of two whose first logit is zero.
        weights, bias = weights[:, 1:] - weights[:, :1], bias[1:] - bias[:1]
    layer.set_weights([weights.astype(np.float32), bias.astype(np.float32)])
    logs = _scores(head, features, labels, "", ())
    if val is not None:
        logs |= _scores(head, *val.take(slice(None)), "val_", hyper.extra_scores)
    history = History(extra=hyper.extra_scores if val is not None else ())
    history.add(logs)
    watch.tell(EpochEnded(epoch=1, epochs=1, logs=logs, seconds=0.0))
    return TrainingResult(history, 1, "", 0.0)


def _output_of(head: NetModel) -> keras.layers.Dense:
    layers = [layer for layer in head.keras_model.layers if layer.weights]
    if (
        len(layers) == 1
        and isinstance(layers[0], keras.layers.Dense)
        and len(head.keras_model.input_shape) == 2
    ):
        return layers[0]
    raise ParamError.of(
        {
            "head_solver": "head_solver (Head solver): lbfgs fits one dense output on pooled features; expected a head "
            f"that consists only of pooling, received {counted(len(layers), 'layer')} with weights"
        }
    )


def _scores(
    head: NetModel, features: np.ndarray, labels: np.ndarray, prefix: str, extra: Sequence[str]
) -> dict[str, float]:
    raw = np.asarray(head.keras_model.predict_on_batch(features.astype(np.float32)))
    probabilities = to_probabilities(raw, head.info.output, 1.0)
    scores: dict[str, float | None] = {
        f"{prefix}loss": metrics.log_loss(labels, probabilities),
        f"{prefix}accuracy": float((probabilities.argmax(1) == labels).mean()),
    }
    if "val_auc" in extra:
        scores["val_auc"] = metrics.roc_auc_ovr(labels, probabilities)
    if CALIBRATED_LOSS in extra:
        scores[CALIBRATED_LOSS] = float(metrics.calibrated_losses(labels, probabilities)[0].mean())
    return {name: score for name, score in scores.items() if score is not None}
