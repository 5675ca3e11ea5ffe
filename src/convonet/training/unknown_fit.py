"""Teaches a trained network to tell images of none of its classes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.events import Watch
from convonet.inference.unknown import (
    UnknownScorer,
    fit_scorer,
    threshold_for_rate,
)
from convonet.inference.unknown_rule import MeasuredOn, UnknownRule
from convonet.nets.backend import keras
from convonet.nets.last_layer import last_layer
from convonet.nets.net_model import NetModel
from convonet.training.features import FrozenBackbone
from convonet.training.image_rows import ImageRows

BANK_IMAGES, INSIDE_IMAGES = 600, 400
"""Enough for the distance to the nearest image, and for a rate of 5% to within 1%; more take time and memory."""
LEAST_IMAGES = 20
_MOST_NUMBERS = 2**20


class UnknownImages(NamedTuple):
    """The images that an unknown score is fitted to.

    Attributes:
        bank: training images to compare with.
        inside: other images of the same classes, which set scale and threshold.
        measured_on: where the latter are from.
    """

    bank: ImageRows
    inside: ImageRows
    measured_on: MeasuredOn


def choose_images(train: ImageRows, val: ImageRows | None) -> UnknownImages | None:
    """A few hundred images of every class; None where there are too few.

    Without validation images every third training image sets the threshold. The network knows them, so further images
    are taken for unknown a little more often than asked for.
    """
    if val is not None and len(val) >= LEAST_IMAGES:
        return UnknownImages(spread(train, BANK_IMAGES), spread(val, INSIDE_IMAGES), "val")
    if len(train) < 3 * LEAST_IMAGES:
        return None
    inside = np.arange(len(train)) % 3 == 2
    parts = (ImageRows(train.images, train.labels, train.rows[some]) for some in (~inside, inside))
    bank, held = parts
    return UnknownImages(spread(bank, BANK_IMAGES), spread(held, INSIDE_IMAGES), "train")


def spread(rows: ImageRows, most: int) -> ImageRows:
    """At most so many rows, with as many of each class as it has to give, in their order."""
    labels = rows.labels[rows.rows]
    # The number of an image within its class: small numbers of all classes come first.
    rank = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        rank[own[_evenly(len(own))]] = np.arange(len(own))
    chosen = np.sort(np.argsort(rank, kind="stable")[:most])
    return ImageRows(rows.images, rows.labels, rows.rows[chosen])


def fit_unknown(model: NetModel, images: UnknownImages, rate: float, watch: Watch) -> NetModel | None:
    """The same network with a score of unknown images and a threshold for the wanted rate.

    Returns:
        None where the network has no row of features before one last layer.

    Raises:
        Cancelled: the person asked to stop.
    """
    last = last_layer(model.keras_model)
    if last is None or not model.info.inside:
        return None
    before = keras.Model(model.keras_model.inputs, last.features)
    # A frozen backbone's features are in the cache already, and the next training will want them.
    backbone = FrozenBackbone(before, keep=not before.trainable_variables)
    inside = _features(backbone, images.inside, watch)
    bank = _features(backbone, spread(images.bank, max(LEAST_IMAGES, _MOST_NUMBERS // last.width)), watch)
    logits = last.logits(inside)
    scorer: UnknownScorer = fit_scorer(bank, inside, logits)
    threshold = threshold_for_rate(scorer.scores(inside, logits), rate)
    rule = UnknownRule(threshold, rate, len(inside), images.measured_on)
    return NetModel(model.keras_model, model.info.changed(unknown=rule), scorer)


def _features(backbone: FrozenBackbone, rows: ImageRows, watch: Watch) -> NDArray[np.float32]:
    found = backbone.features(rows, watch).rows.images
    return np.asarray(found, np.float32).reshape(len(rows), -1)


def _evenly(count: int) -> NDArray[np.int64]:
    """The numbers below `count` in an order whose every beginning is spread over all of them."""
    return np.argsort(np.arange(count) * 0.6180339887498949 % 1, kind="stable")
