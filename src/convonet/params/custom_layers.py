"""The layers that the family `custom` is made of, each an object such as {"type": "conv", "filters": 32}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from convonet.errors import ParamError, nearest
from convonet.params.choices import LayerActivation, Padding
from convonet.params.fields import ParamValues, param
from convonet.params.values import ParamModel, checked

MAX_LAYERS = 200

LayerValues: TypeAlias = ParamValues
"""A layer as a file has it: its `type`, and the parameters of that type which are set."""


class ConvLayer(ParamModel):
    """A convolution."""

    filters: int = param(32, "Filters", "Number of feature maps.", ge=1, le=4096)
    kernel: int = param(
        3, "Kernel size", "Side length of the kernels, in pixels.", unit="pixels", ge=1, le=31
    )
    stride: int = param(
        1, "Stride", "Distance between positions of the kernel, in pixels.", unit="pixels", ge=1, le=16
    )
    padding: Padding = param(
        "same", "Padding", "same keeps the size; valid uses no pixels outside the image."
    )
    activation: LayerActivation = param("relu", "Activation", "Activation function after the layer.")


class PoolLayer(ParamModel):
    """Pooling."""

    size: int = param(2, "Size", "Side length of the pooling window, in pixels.", unit="pixels", ge=1, le=64)
    stride: int | None = param(
        None,
        "Stride",
        "Step of the pooling window, in pixels.",
        unit="pixels",
        ge=1,
        le=64,
        default_text="the size",
    )
    kind: Literal["max", "average"] = param("max", "Kind", "How a window is reduced to one value.")


class DenseLayer(ParamModel):
    """A dense layer; maps before it are flattened."""

    units: int = param(128, "Units", "Number of units.", ge=1, le=65_536)
    activation: LayerActivation = param("relu", "Activation", "Activation function after the layer.")


class DropLayer(ParamModel):
    """Dropout while training."""

    rate: float = param(0.5, "Rate", "Fraction of values dropped during training (0–1).", ge=0, lt=1)
    spatial: bool = param(False, "Spatial", "Drops whole feature maps instead of single values.")


class NormLayer(ParamModel):
    """Batch normalisation."""


class ActLayer(ParamModel):
    """An activation of its own."""

    activation: LayerActivation = param("relu", "Activation", "Activation function.")


class FlattenLayer(ParamModel):
    """Maps as one row of numbers."""


class GlobalPoolLayer(ParamModel):
    """One number for each map."""

    kind: Literal["average", "max"] = param("average", "Kind", "How a feature map is reduced to one value.")


LAYER_TYPES: Mapping[str, type[ParamModel]] = MappingProxyType(
    {
        "conv": ConvLayer,
        "pool": PoolLayer,
        "dense": DenseLayer,
        "drop": DropLayer,
        "norm": NormLayer,
        "act": ActLayer,
        "flatten": FlattenLayer,
        "global_pool": GlobalPoolLayer,
    }
)


def read_layers(values: Sequence[Mapping[str, Any]]) -> list[ParamModel]:
    """The layers that the objects describe, in their order. The output layer is not among them.

    Raises:
        ParamError: all faults at once, each with the place of its layer, counted from 1.
    """
    faults = layer_faults(values)
    if faults:
        raise ParamError.of({"layers": "; ".join(faults)})
    return [LAYER_TYPES[value["type"]].of(_rest(value)) for value in values]


def layer_faults(values: Sequence[Mapping[str, Any]], subject: str = "layers (Layers)") -> list[str]:
    """A sentence for everything that is wrong in a list of layers, the value of the parameter `subject`."""
    if not 1 <= len(values) <= MAX_LAYERS:
        return [f"{subject}: expected 1 to {MAX_LAYERS} layers, received {len(values)}"]
    faults: list[str] = []
    flat = False
    for place, value in enumerate(values, 1):
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in LAYER_TYPES:
            faults.append(f"layer {place}: {_unknown_type(kind)}")
            continue
        _, wrong = checked(LAYER_TYPES[kind], _rest(value))
        faults += [f"layer {place}: {sentence}" for sentence in wrong.values()]
        if flat and kind in ("conv", "pool", "global_pool"):
            faults.append(f"layer {place}: {kind} needs feature maps, but an earlier layer flattened them")
        flat = flat or kind in ("dense", "flatten", "global_pool")
    return faults


def _rest(value: Mapping[str, Any]) -> ParamValues:
    return {name: item for name, item in value.items() if name != "type"}


def _unknown_type(kind: object) -> str:
    near = nearest(kind, LAYER_TYPES) if isinstance(kind, str) else None
    sentence = f"expected a type, one of {', '.join(LAYER_TYPES)}, received {kind!r}"
    return sentence + (f" (did you mean {near}?)" if near else "")
