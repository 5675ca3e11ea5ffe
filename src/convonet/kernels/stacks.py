"""Layers written in short words, and what a stack of them makes of an image's size.

`conv:32,3` is 32 filters of 3×3; `pool:2` takes 2×2; then `dense:128` and `flatten`. After a comma: `s2` for a
stride of 2, `same` or `valid` (the default), for a pool `average`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from convonet.errors import ParamError, nearest
from convonet.kernels.arithmetic import LayerSize, MapSize, Padding, conv_params, output_side

Kind = Literal["conv", "pool", "flatten", "gap", "dense"]
_KINDS: tuple[Kind, ...] = ("conv", "pool", "flatten", "gap", "dense")
_EXPECTED = "conv:FILTERS,KERNEL[,sSTRIDE][,same], pool:SIZE[,sSTRIDE][,same], flatten, gap, dense:UNITS"
_WORDS = {"same", "valid", "max", "average"}


@dataclass(frozen=True)
class LayerWord:
    """One layer as it was written; `count` is filters or units, `kernel` the side of a window."""

    text: str
    kind: Kind
    count: int = 0
    kernel: int = 1
    stride: int = 1
    padding: Padding = "valid"


def parse_layer(text: str) -> LayerWord:
    """Read one layer.

    Raises:
        ParamError: it cannot be read.
    """
    name, _, rest = text.strip().lower().partition(":")
    items = [item.strip() for item in rest.split(",") if item.strip()]
    numbers = [int(item) for item in items if re.fullmatch(r"[1-9]\d{0,8}", item)]
    strides = [int(item[1:]) for item in items if re.fullmatch(r"s[1-9]\d{0,3}", item)]
    words = {item for item in items if item in _WORDS}
    wanted = {"conv": 2, "pool": 1, "dense": 1}.get(name, 0)
    # Words are a set, so one that is written twice is counted once and refused below.
    read = len(numbers) + len(strides) + len(words)
    if name not in _KINDS or len(numbers) != wanted or len(strides) > 1 or read != len(items):
        near = nearest(name, _KINDS) if name not in _KINDS else None
        hint = f"Did you mean {near}?" if near else None
        raise ParamError("This layer cannot be read", expected=_EXPECTED, received=text, hint=hint)
    padding: Padding = "same" if "same" in words else "valid"
    if name == "conv":
        return LayerWord(text, "conv", numbers[0], numbers[1], strides[0] if strides else 1, padding)
    if name == "pool":
        # As in Keras, a pooling layer without a stride moves by its own size.
        return LayerWord(text, "pool", 0, numbers[0], strides[0] if strides else numbers[0], padding)
    return LayerWord(text, name, numbers[0] if numbers else 0)


def through_layers(image: MapSize, layers: Sequence[str]) -> list[LayerSize]:
    """Size, parameters and receptive field behind each layer.

    Args:
        image: the input's shape.
        layers: as `parse_layer` reads them.

    Raises:
        ParamError: a layer that cannot be read, does not fit, or stands where it cannot.
    """
    rows: list[LayerSize] = []
    before = LayerSize("input", image, 0, 1, 1, 0)
    for place, text in enumerate(layers, start=1):
        try:
            before = _behind(before, parse_layer(text))
        except ParamError as error:
            # The arithmetic does not know which layer it was asked about.
            error.where = f"layer {place}, {text}"
            raise
        rows.append(before)
    return rows


def _behind(before: LayerSize, layer: LayerWord) -> LayerSize:
    size, field, jump = before.output, before.receptive_field, before.jump
    if layer.kind in ("flatten", "gap"):
        channels = size.values if layer.kind == "flatten" else size.channels
        return LayerSize(layer.text, MapSize(1, 1, channels), 0, None, None, 0)
    if layer.kind == "dense":
        units = MapSize(1, 1, layer.count)
        params = conv_params((1, 1), _flat(size), layer.count)
        return LayerSize(layer.text, units, params, None, None, params - layer.count)
    if field is None or jump is None:
        raise ParamError("This layer needs feature maps", received=f"{layer.kind} after flattened values")
    sides = [output_side(side, layer.kernel, layer.stride, layer.padding) for side in size[:2]]
    channels = layer.count if layer.kind == "conv" else size.channels
    params = conv_params((layer.kernel, layer.kernel), size.channels, channels) if layer.kind == "conv" else 0
    output = MapSize(sides[0], sides[1], channels)
    # Each weight is used once per output place; the biases, one per filter, are only added.
    macs = (params - channels) * sides[0] * sides[1] if params else 0
    # Neighboring inputs of this layer look at places that are a jump apart in the image.
    wider = field + (layer.kernel - 1) * jump
    return LayerSize(layer.text, output, params, wider, jump * layer.stride, macs)


def _flat(size: MapSize) -> int:
    if size.height * size.width > 1:
        raise ParamError(
            "A dense layer needs flattened values", received=size.text, hint="Put flatten before it"
        )
    return size.channels
