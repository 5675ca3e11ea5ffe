"""The layers of Keras 2 that are read, and what each becomes in Keras 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from convonet.nets.backend import keras

L = keras.layers

_ACTIVATIONS = frozenset(
    "elu exponential gelu leaky_relu linear mish relu relu6 selu sigmoid silu softmax softplus softsign swish "
    "tanh".split()
)
_SAME_ACTIVATION = {"softmax_v2": "softmax", "relu_v2": "relu", "swish": "silu"}
# What training needs, what every layer has, and what changes only how a number is computed.
_IRRELEVANT_ENDS = ("_initializer", "_regularizer", "_constraint")
_IRRELEVANT = frozenset(
    "name trainable dtype batch_input_shape batch_size activity_regularizer fused seed sparse ragged "
    "virtual_batch_size adjustment synchronized renorm_momentum renorm_clipping vocabulary implementation".split()
)
_NEUTRAL: tuple[Any, ...] = (None, False, 1, "channels_last", "VALID", [], {}, [1, 1])


class Unreadable(ValueError):
    """A part of a configuration that is not read; the message says which and why."""


class Kind(NamedTuple):
    """How one kind of layer is read.

    Attributes:
        make: makes the Keras 3 layer from the keys that were taken.
        keys: keys of the configuration that are taken, as `old` or `old>new`.
        weights: names of its weights in Keras 2, in the order of its `save_own_variables`; name in Keras 3 after `>`.
    """

    make: Callable[..., Any]
    keys: str = ""
    weights: str = ""


_CONVOLUTION = "kernel_size strides padding dilation_rate activation use_bias"
_POOLING = "pool_size strides padding"
_FILL = "fill_mode fill_value interpolation"

_KINDS: dict[str, Kind] = {
    "Activation": Kind(L.Activation, "activation"),
    "ActivityRegularization": Kind(L.Identity),
    "Add": Kind(L.Add),
    "AlphaDropout": Kind(L.AlphaDropout, "rate"),
    "Average": Kind(L.Average),
    "AveragePooling2D": Kind(L.AveragePooling2D, _POOLING),
    "BatchNormalization": Kind(
        L.BatchNormalization, "axis momentum epsilon center scale", "gamma beta moving_mean moving_variance"
    ),
    "CenterCrop": Kind(L.CenterCrop, "height width"),
    "Concatenate": Kind(L.Concatenate, "axis"),
    "Conv2D": Kind(L.Conv2D, f"filters groups {_CONVOLUTION}", "kernel bias"),
    "Conv2DTranspose": Kind(L.Conv2DTranspose, f"filters output_padding {_CONVOLUTION}", "kernel bias"),
    "Cropping2D": Kind(L.Cropping2D, "cropping"),
    "Dense": Kind(L.Dense, "units activation use_bias", "kernel bias"),
    "DepthwiseConv2D": Kind(
        L.DepthwiseConv2D, f"depth_multiplier {_CONVOLUTION}", "depthwise_kernel>kernel bias"
    ),
    "Dropout": Kind(L.Dropout, "rate noise_shape"),
    "ELU": Kind(L.ELU, "alpha"),
    "Flatten": Kind(L.Flatten),
    "GaussianDropout": Kind(L.GaussianDropout, "rate"),
    "GaussianNoise": Kind(L.GaussianNoise, "stddev"),
    "GlobalAveragePooling2D": Kind(L.GlobalAveragePooling2D, "keepdims"),
    "GlobalMaxPooling2D": Kind(L.GlobalMaxPooling2D, "keepdims"),
    "LayerNormalization": Kind(L.LayerNormalization, "axis epsilon center scale", "gamma beta"),
    "LeakyReLU": Kind(L.LeakyReLU, "alpha>negative_slope"),
    "MaxPooling2D": Kind(L.MaxPooling2D, _POOLING),
    "Maximum": Kind(L.Maximum),
    "Minimum": Kind(L.Minimum),
    "Multiply": Kind(L.Multiply),
    "Normalization": Kind(L.Normalization, "axis mean variance", "mean variance count"),
    "PReLU": Kind(L.PReLU, "shared_axes", "alpha"),
    "Permute": Kind(L.Permute, "dims"),
    "RandomBrightness": Kind(L.RandomBrightness, "factor value_range"),
    "RandomContrast": Kind(L.RandomContrast, "factor"),
    "RandomFlip": Kind(L.RandomFlip, "mode"),
    # Layers that Keras 3 lacks and that give their input unchanged when predicting.
    "RandomHeight": Kind(L.Identity),
    "RandomRotation": Kind(L.RandomRotation, f"factor {_FILL}"),
    "RandomTranslation": Kind(L.RandomTranslation, f"height_factor width_factor {_FILL}"),
    "RandomWidth": Kind(L.Identity),
    "RandomZoom": Kind(L.RandomZoom, f"height_factor width_factor {_FILL}"),
    "ReLU": Kind(L.ReLU, "max_value negative_slope threshold"),
    "Rescaling": Kind(L.Rescaling, "scale offset"),
    "Reshape": Kind(L.Reshape, "target_shape"),
    "Resizing": Kind(L.Resizing, "height width interpolation crop_to_aspect_ratio"),
    "SeparableConv2D": Kind(
        L.SeparableConv2D,
        f"filters depth_multiplier {_CONVOLUTION}",
        "depthwise_kernel pointwise_kernel bias",
    ),
    "Softmax": Kind(L.Softmax, "axis"),
    "SpatialDropout2D": Kind(L.SpatialDropout2D, "rate"),
    "Subtract": Kind(L.Subtract),
    "UpSampling2D": Kind(L.UpSampling2D, "size interpolation"),
    "ZeroPadding2D": Kind(L.ZeroPadding2D, "padding"),
}
_OLD_NAMES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "Convolution2D": "Conv2D",
}
_DROPPED_KEYS = {
    "ActivityRegularization": ("l1", "l2"),
    "RandomHeight": ("factor", "interpolation"),
    "RandomWidth": ("factor", "interpolation"),
    "DepthwiseConv2D": ("filters",),
    "Normalization": ("invert",),
}
_INSTEAD = {
    "TFOpLambda": "a TFOpLambda layer, a TensorFlow operation used between layers",
    "SlicingOpLambda": "a SlicingOpLambda layer, a TensorFlow slicing operation used between layers",
    "TensorFlowOpLayer": "a TensorFlowOpLayer, a TensorFlow operation used between layers",
}


def kind_of(name: str) -> str:
    """The present name of a layer's class."""
    return _OLD_NAMES.get(name, name)


def weights_of(kind: str) -> list[tuple[str, str]]:
    """The weights of a kind of layer as (name in Keras 2, name in Keras 3), in their order."""
    pairs = [name.partition(">") for name in _KINDS[kind].weights.split()]
    return [(old, new or old) for old, _, new in pairs]


def make_layer(kind: str, config: Mapping[str, Any]) -> Any:
    """A Keras 3 layer of a configuration of Keras 2.

    Raises:
        Unreadable: a kind or a parameter that is not read.
    """
    if kind not in _KINDS:
        raise Unreadable(f"{_INSTEAD.get(kind, f'a {kind} layer')}, which cannot be read from Keras 2 files")
    rule, values = _KINDS[kind], dict(config)
    name = values.get("name")
    if not isinstance(name, str) or not name:
        raise Unreadable(f"a layer of type {kind} without a name")
    # Keras 3 wants no slashes in names, and the DenseNets of Keras 2 are full of them.
    new_name = name.replace("/", "_")
    if values.pop("data_format", None) not in (None, "channels_last"):
        raise Unreadable(f"the layer {name} with channels before rows and columns (channels_first)")
    taken: dict[str, Any] = {}
    for key in rule.keys.split():
        old, _, new = key.partition(">")
        if old in values:
            taken[new or old] = _value(values.pop(old))
    _refuse_rest(name, kind, values)
    if isinstance(axis := taken.get("axis"), tuple):  # as Keras 2 wrote one axis
        taken["axis"] = axis[0] if len(axis) == 1 else list(axis)
    if "activation" in taken:
        taken["activation"] = _activation(name, taken["activation"])
    try:
        return rule.make(**{key: value for key, value in taken.items() if value is not None}, name=new_name)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable(f"the layer {name} ({kind}): {str(error).splitlines()[0][:200]}") from error


def _value(value: Any) -> Any:
    """A parameter as plain numbers and tuples; numbers of numpy stand in an object of their own."""
    if isinstance(value, dict) and "value" in value and {"type", "dtype"} & value.keys():
        value = value["value"]
    if isinstance(value, list):
        return tuple(_value(item) for item in value)
    return value


def _activation(layer: str, name: Any) -> str:
    """The name of an activation that means the same in Keras 2 and 3."""
    name = "linear" if name is None else name
    if isinstance(name, str):
        name = _SAME_ACTIVATION.get(name, name)
        if name in _ACTIVATIONS:
            return str(name)
    if name == "hard_sigmoid":
        raise Unreadable(
            f"the activation hard_sigmoid of the layer {layer}, which was a different function in Keras 2"
        )
    shown = name if isinstance(name, str) else "a custom function"
    raise Unreadable(f"the activation of the layer {layer}: {shown}")


def _refuse_rest(layer: str, kind: str, values: Mapping[str, Any]) -> None:
    """What was not taken must not matter."""
    for key, value in values.items():
        known = key in _IRRELEVANT or key.endswith(_IRRELEVANT_ENDS) or key in _DROPPED_KEYS.get(kind, ())
        if not known and not _neutral(value):
            raise Unreadable(f"the parameter {key}={str(value)[:60]} of the layer {layer} ({kind})")


def _neutral(value: Any) -> bool:
    return any(type(value) is type(other) and value == other for other in _NEUTRAL)


def sides(value: Any) -> tuple[int | None, ...]:
    """A shape without its first item, the batch.

    Raises:
        Unreadable: no list of whole numbers and None.
    """
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 1:
        rest = tuple(value)[1:]
        if all(side is None or (type(side) is int and side > 0) for side in rest):
            return rest
    raise Unreadable(f"an input of shape {str(value)[:80]}")
