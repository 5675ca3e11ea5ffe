"""Networks that Convonet did not make: their pixels, scaling, output and class names, found or asked for.

Nothing is guessed: a file that does not tell how its pixels were scaled is opened when the person says it. Exports of
Teachable Machine tell by the names of their layers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from convonet.errors import ModelFileError
from convonet.hints import Hint
from convonet.inference.labels import labels_beside
from convonet.inference.model_info import ModelInfo, Output
from convonet.inference.scaling import PixelScaling, Scale, scale_of
from convonet.nets.backend import keras
from convonet.nets.budget import layers_within
from convonet.params.data_params import PixelParams, Scaling

_MAX_SIDE = 4096
_CLOSE = 1e-6
_TRANSPARENT = ("InputLayer", "ZeroPadding2D", "Cropping2D", "CenterCrop", "Resizing", "Reshape")
_POOLED_THERE = re.compile(r"global_average_pooling2d_GlobalAveragePooling2D\d+")
_DENSE_THERE = re.compile(r"dense_Dense\d+")
_WRAPPED_ACTIVATIONS = {"Softmax": "softmax", "LeakyReLU": "leaky_relu", "ReLU": "relu"}
_SCALING_FIELD = (
    "Set Scaling on the Parameters page: unit for pixels 0 to 1, symmetric for −1 to 1, none for 0 to 255"
)
_PIXEL_SCALING = "On the Use page, choose the pixel scaling of the model"


def describe(
    network: keras.Model, path: Path, scaling: Scaling | None, classes: Sequence[str] | None
) -> ModelInfo:
    """The description of a network made elsewhere.

    Args:
        network: as loaded.
        path: its file; a `labels.txt` or `NAME_labels.txt` beside it is read.
        scaling: what the person says of it, or None.
        classes: what the person says of it; before the names beside the file. Empty in the result when nobody knows.

    Raises:
        ModelFileError: no classifier of images of one size, or its scaling is not known.
    """
    pixels = _pixels(network, path)
    output, count = _output(network, path)
    names = tuple(classes) if classes is not None else labels_beside(path)
    # Names by a wrong file would be worse than none: every answer would be a plausible lie.
    if names and len(names) != count:
        raise ModelFileError(
            "The number of class names does not match the network's outputs",
            where=path,
            expected=f"{count} names",
            received=f"{len(names)}: {', '.join(names[:5])}",
        )
    found = found_scaling(network)
    given = scaling if found is not None else scaling or fed_scaling(network)
    chosen = _chosen(found, given, pixels.channels, path)
    return ModelInfo(
        classes=names,
        pixels=pixels,
        scaling=chosen.scaling,
        mean=chosen.mean,
        deviation=chosen.deviation,
        inside=found is not None,
        output=output,
    )


def _pixels(network: keras.Model, path: Path) -> PixelParams:
    shapes = [tuple(tensor.shape) for tensor in keras.tree.flatten(network.inputs)]
    if len(shapes) == 1 and len(shapes[0]) == 4 and None not in shapes[0][1:]:
        height, width, channels = shapes[0][1:]
        if channels in (1, 3) and max(height, width) <= _MAX_SIDE:
            return PixelParams(height, width, channels)
    raise ModelFileError(
        "The network does not have a single input for grayscale or color images of a fixed size",
        where=path,
        expected=f"one input of (height, width, 1 or 3), with sides up to {_MAX_SIDE}",
        received=" and ".join(str(shape[1:]) for shape in shapes),
    )


def with_channel_axis(network: keras.Model) -> keras.Model:
    """The network with an axis for the one channel, where it takes grey images of (height, width) alone."""
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 3 or None in network.inputs[0].shape[1:]:
        return network
    sides = tuple(network.inputs[0].shape[1:])
    layers_after = network.layers if isinstance(network, keras.Sequential) else [network]
    return keras.Sequential(
        [keras.Input((*sides, 1)), keras.layers.Reshape(sides), *layers_after], name=network.name
    )


def _output(network: keras.Model, path: Path) -> tuple[Output, int]:
    """What the network gives and of how many classes."""
    shapes = [tuple(tensor.shape) for tensor in keras.tree.flatten(network.outputs)]
    kind = _last_activation(network)
    if len(shapes) == 1 and len(shapes[0]) == 2 and shapes[0][1]:
        units = int(shapes[0][1])
        one: dict[str, Output] = {"sigmoid": "sigmoid", "linear": "sigmoid_logit"}
        # Several sigmoids answer several questions per image, which is no choice among classes.
        many: dict[str, Output] = {"softmax": "probabilities", "linear": "logits"}
        known = one if units == 1 else many
        if kind in known:
            return known[kind], max(units, 2)
    raise ModelFileError(
        "The network's output is not that of a classifier with one prediction per image",
        where=path,
        expected="softmax or logits for each class, or one sigmoid or logit for two classes",
        received=f"{kind} of shape {', '.join(str(shape[1:]) for shape in shapes)}",
    )


def last_layer(network: keras.Model) -> Any:
    """The layer that gives the network's output, nested networks opened."""
    layer: Any = network
    while isinstance(layer, keras.Model):
        layer = layer.layers[-1] if isinstance(layer, keras.Sequential) else _source(layer.outputs[0])
    return layer


def _last_activation(network: keras.Model) -> str:
    """The name of the last row's activation; `linear` where it has none."""
    layer = last_layer(network)
    kind = type(layer).__name__
    activation = getattr(layer, "activation", None)
    if kind in _WRAPPED_ACTIVATIONS:
        return _WRAPPED_ACTIVATIONS[kind]
    if activation is None:
        return "linear" if kind == "Dense" else kind
    return str(getattr(activation, "__name__", type(activation).__name__))


def _source(tensor: Any) -> Any:
    return tensor._keras_history.operation


def found_scaling(network: keras.Model) -> PixelScaling | None:
    """The scaling that the first row which changes pixels does, None when it does something else."""
    for layer in layers_within(network):
        if isinstance(layer, keras.layers.Rescaling):
            return _named(np.ravel(layer.scale), np.ravel(layer.offset))
        if isinstance(layer, keras.layers.Normalization):
            mean, variance = (np.ravel(keras.ops.convert_to_numpy(v)) for v in (layer.mean, layer.variance))
            return _named(1 / np.sqrt(variance), -mean / np.sqrt(variance))
        # Augmentation in front, as notebooks have it, does nothing when predicting.
        kind = type(layer).__name__
        if kind not in _TRANSPARENT and not kind.startswith("Random"):
            return None
    return None


def fed_scaling(network: keras.Model) -> Scaling | None:
    """How pixels are scaled before a network whose layers tell who made it; None where they do not.

    Teachable Machine always feeds −1..1, and names layers as nobody else does.
    """
    names = [layer.name for layer in layers_within(network)]
    theirs = any(map(_POOLED_THERE.fullmatch, names)) and any(map(_DENSE_THERE.fullmatch, names))
    return "symmetric" if theirs else None


def _named(factor: Any, offset: Any) -> PixelScaling:
    """The name of x · factor + offset; what has none is a mean and a deviation."""
    for name in ("unit", "symmetric"):
        scale = scale_of(name, 1)
        if scale is not None and _same(Scale(factor, offset), scale):
            return PixelScaling(name)
    factors, offsets = np.broadcast_arrays(np.asarray(factor, np.float64), np.asarray(offset, np.float64))
    return PixelScaling(
        "standard", tuple((-offsets / (255 * factors)).tolist()), tuple((1 / (255 * factors)).tolist())
    )


def _same(one: Scale, other: Scale) -> bool:
    return all(np.allclose(a, b, rtol=_CLOSE, atol=_CLOSE * 1e-3) for a, b in zip(one, other, strict=True))


def _chosen(found: PixelScaling | None, given: Scaling | None, channels: int, path: Path) -> PixelScaling:
    """The file's own scaling, else the one that the person gave."""
    if found is not None:
        if given in (None, "none", found.scaling):
            return found
        raise ModelFileError(
            "The network scales its pixels itself, so they must not be scaled beforehand",
            where=path,
            expected=f"none or {found.scaling}",
            received=given,
        )
    if given is None:
        raise ask_for_scaling(path, "the option `scaling`", _PIXEL_SCALING)
    scale_of(given, channels)
    return PixelScaling(given)


def ask_for_scaling(
    path: Path,
    option: str = "the data parameter `scaling`",
    window: str = _SCALING_FIELD,
) -> ModelFileError:
    """The error for a file that does not tell how pixels were scaled.

    Args:
        option, window: where to say it, in code and in the window.
    """
    names = ", ".join(name for name in get_args(Scaling) if name != "standard")
    return ModelFileError(
        "The file does not record how pixels are scaled for its network",
        where=path,
        expected=f"one of {names}",
        hint=Hint.of(
            f"Set it with {option}: `unit` for pixels from 0 to 1, `symmetric` for −1 to 1, `none` for 0 to 255",
            window=window,
        ),
    )
