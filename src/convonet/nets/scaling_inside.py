"""A network made elsewhere with its scaling as a layer, so that it is trained and used on pixels 0..255."""

from __future__ import annotations

from convonet.inference.scaling import scale_of
from convonet.nets.backend import keras
from convonet.nets.layers import scaling_layer
from convonet.nets.net_model import NetModel


def with_scaling_inside(model: NetModel) -> NetModel:
    """The same network behind a layer that scales; one that scales by itself is returned as it is."""
    info = model.info
    if info.inside:
        return model
    inputs = keras.Input(info.pixels.shape, dtype="float32")
    scale = scale_of(info.scaling, info.pixels.channels, info.mean, info.deviation)
    outputs = model.keras_model(scaling_layer(inputs, scale))
    return NetModel(keras.Model(inputs, outputs), info.changed(inside=True))
