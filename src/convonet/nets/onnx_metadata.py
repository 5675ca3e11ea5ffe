"""The metadata of an ONNX file: what Convonet reads, and the same in plain words for other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx

from convonet.atomic import replacing
from convonet.inference.golden import Golden
from convonet.inference.model_info import ModelInfo
from convonet.inference.onnx_model import GOLDEN_PROPERTY, PROPERTY
from convonet.inference.unknown import SCORE_OUTPUT
from convonet.json_values import JsonObject


def plain_values(info: ModelInfo, temperature: float = 1.0) -> JsonObject:
    """What any program needs to use an exported model rightly.

    Args:
        info: what the exported file says of itself.
        temperature: what the graph divides the logits by.
    """
    pixels = info.pixels
    return {
        "class_names": list(info.classes),
        "input_height": pixels.height,
        "input_width": pixels.width,
        "input_channels": pixels.channels,
        "input_range": "0..255",
        "channel_order": "grey" if pixels.channels == 1 else "RGB",
        "resize": pixels.resize,
        "resize_filter": pixels.filter,
        "transparency": pixels.alpha,
        "scaling": info.scaling,
        "scaling_in_graph": True,
        "temperature": temperature,
        "temperature_in_graph": True,
        "threshold": info.threshold,
        "positive_class": info.positive,
        "unknown_output": SCORE_OUTPUT if info.unknown is not None else None,
        "unknown_above": info.unknown.threshold if info.unknown is not None else None,
    }


def describe(
    model: onnx.ModelProto, info: ModelInfo, golden: Golden | None, temperature: float | None = None
) -> None:
    """Write the metadata of a graph anew.

    Args:
        golden: None keeps the golden samples that are there.
        temperature: what the graph divides the logits by; None: what the file said until now.
    """
    known = {item.key: item.value for item in model.metadata_props}
    inside = float(known.get("temperature", 1.0)) if temperature is None else temperature
    properties = {name: _text(value) for name, value in plain_values(info, inside).items()}
    properties[PROPERTY] = info.to_json()
    if golden is not None:
        properties[GOLDEN_PROPERTY] = json.dumps(golden.to_dict())
    elif GOLDEN_PROPERTY in known:
        properties[GOLDEN_PROPERTY] = known[GOLDEN_PROPERTY]
    model.producer_name = info.made_by
    onnx.helper.set_model_props(model, properties)


def describe_file(path: Path, info: ModelInfo) -> None:
    """Write the metadata of a file anew; its golden samples stay."""
    model = onnx.load(path)
    describe(model, info, None)
    with replacing(path) as temporary:
        onnx.save(model, temporary)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
