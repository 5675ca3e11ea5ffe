"""What the network is trained for: targets, weights of classes, and the loss that fits the network's output.

The losses are Keras' own, so a saved model holds nothing that plain Keras does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from convonet.errors import ParamError, nearest
from convonet.nets.backend import keras
from convonet.params.hyper_params import HyperParams
from convonet.text import name as compared

BOUNDARIES = {"sigmoid": 0.5, "sigmoid_logit": 0.0}
"""For networks with one output: above it, the answer is the second class."""


def create_loss(output: str, hyper: HyperParams | None = None) -> Any:
    """The loss for what the network gives (`ModelInfo.output`).

    Focal: Lin, Goyal, Girshick, He, Dollár 2017, without their α, which class weights do. Smoothing: Szegedy
    and others 2016.
    """
    hyper = hyper or HyperParams()
    logits = output in ("logits", "sigmoid_logit")
    smoothing, focal = hyper.label_smoothing, hyper.loss == "focal"
    if output in BOUNDARIES:
        if focal:
            return keras.losses.BinaryFocalCrossentropy(
                gamma=hyper.focal_gamma, from_logits=logits, label_smoothing=smoothing
            )
        return keras.losses.BinaryCrossentropy(from_logits=logits, label_smoothing=smoothing)
    if focal:
        return keras.losses.CategoricalFocalCrossentropy(
            # Keras' default of 0.25 would scale the whole loss, and with it the learning rate.
            alpha=1.0,
            gamma=hyper.focal_gamma,
            from_logits=logits,
            label_smoothing=smoothing,
        )
    if needs_shares(hyper):
        return keras.losses.CategoricalCrossentropy(from_logits=logits, label_smoothing=smoothing)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=logits)


def needs_shares(hyper: HyperParams) -> bool:
    """Whether targets are fractions of classes, not class indices."""
    return hyper.loss == "focal" or hyper.label_smoothing > 0 or hyper.mixes


def targets(labels: np.ndarray, output: str, classes: int, hyper: HyperParams) -> np.ndarray:
    """What the loss compares with: the labels (N,) int64, or shares (N, classes), of one output (N, 1), float32."""
    # Class indices as long as possible: one number per image instead of one per class, and a faster loss.
    if not needs_shares(hyper):
        return labels
    if output in BOUNDARIES:
        return labels.astype(np.float32)[:, np.newaxis]
    shares: np.ndarray = np.eye(classes, dtype=np.float32)[labels]
    return shares


def class_weights(hyper: HyperParams, labels: np.ndarray, classes: Sequence[str]) -> np.ndarray | None:
    """The weight of each class, shape (classes,), or None where all weigh 1.

    Args:
        hyper: `balanced`, or weights by hand.
        labels: of the training images.
        classes: names in the order of their labels.

    Raises:
        ParamError: both, or names that are no classes.
    """
    if hyper.balanced and hyper.class_weights:
        raise ParamError.of(
            {
                "class_weights": "class_weights (Class weights): cannot be combined with balanced (Balance classes)"
            }
        )
    if hyper.balanced:
        return balanced_weights(labels, len(classes))
    if not hyper.class_weights:
        return None
    # A name typed on another keyboard may be written with other code points than the folder's.
    weights = {compared(name): weight for name, weight in hyper.class_weights.items()}
    unknown = [name for name in weights if name not in map(compared, classes)]
    if unknown:
        near = nearest(unknown[0], classes)
        raise ParamError.of(
            {
                "class_weights": f"class_weights (Class weights): there is no class named {', '.join(unknown)}"
                + (f" (did you mean {near}?)" if near else "")
            }
        )
    return np.array([weights.get(compared(name), 1.0) for name in classes], dtype=np.float32)


def balanced_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """images / (classes · images of the class), as scikit-learn balances; a class without images weighs 0."""
    counts = np.bincount(labels, minlength=classes)
    # A class of the model may have no image in this fold.
    weights = len(labels) / (classes * np.maximum(counts, 1))
    return np.where(counts > 0, weights, 0.0).astype(np.float32)
