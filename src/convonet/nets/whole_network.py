"""A network with all that an export needs inside: scaling before it, probabilities after it."""

from __future__ import annotations

import numpy as np

from convonet.inference.golden import Images
from convonet.inference.model_info import ModelInfo
from convonet.inference.scaling import scale_of
from convonet.nets.backend import keras, ops
from convonet.nets.layers import Tensor, scaling_layer
from convonet.nets.net_model import NetModel
from convonet.nets.registry import INPUT_NAME


def with_all_inside(model: NetModel, images: Images) -> keras.Model:
    """The network with scaling before it and probabilities after it, called once as the exporters need it."""
    whole = _with_all_inside(model.keras_model, model.info)
    whole.predict_on_batch(images[:1].astype(np.float32))
    return whole


def _with_all_inside(network: keras.Model, info: ModelInfo) -> keras.Model:
    """The network between the rows that it lacks: scaling before it, probabilities after it."""
    inputs = keras.Input(info.pixels.shape, dtype="float32", name=INPUT_NAME)
    scale = None
    if not info.inside:
        scale = scale_of(info.scaling, info.pixels.channels, info.mean, info.deviation)
    raw = network(scaling_layer(inputs, scale), training=False)
    return keras.Model(inputs, probabilities(raw, info))


def probabilities(raw: Tensor, info: ModelInfo) -> Tensor:
    """The same as `to_probabilities`, as rows of the graph."""
    if info.output == "logits":
        return ops.softmax(raw / info.temperature)
    if info.output == "sigmoid_logit":
        raw = ops.sigmoid(raw / info.temperature)
    if info.output in ("sigmoid", "sigmoid_logit"):
        raw = ops.concatenate([1 - raw, raw], axis=1)
    if info.output == "sigmoid_logit" or info.temperature == 1:
        return raw
    powers = raw ** (1 / info.temperature)
    return powers / ops.sum(powers, axis=1, keepdims=True)
