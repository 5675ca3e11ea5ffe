"""What a model says of itself: class names, pixels, scaling, output. It travels inside the model file.

In a `.keras` file it is the zip member `convonet.json`; in ONNX it is the metadata property `convonet`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from convonet.errors import ModelFileError
from convonet.inference.info_check import faults
from convonet.inference.unknown_rule import UnknownRule, rule_from
from convonet.params.data_params import PixelParams, Scaling

INFO_VERSION = 1
MEMBER = "convonet.json"

Output = Literal["probabilities", "logits", "sigmoid", "sigmoid_logit"]
"""What the network gives: K probabilities, K logits, one probability of class 1, or one logit of class 1."""


@dataclass(frozen=True)
class ModelInfo:
    """Everything that is needed to use a network correctly.

    Attributes:
        classes: names; the index is the label.
        pixels: how an image file becomes the network's input, values 0..255.
        scaling: how the network itself scales 0..255; `inside` says that a layer of it does so. For a network
            made elsewhere that takes scaled pixels, `inside` is False and whoever feeds it must scale.
        output: what the network gives.
        temperature: logits are divided by it; 1 changes nothing.
        threshold: for two classes, the positive class is predicted at p ≥ threshold; None: the likelier one.
        positive: name of the positive class; None where there is none.
        family: the family it was built from, or None.
        base: name of the nested network that it was built on, or None.
        unknown: when an image counts as none of the classes; None where the model cannot tell.
        keras_sha256: hash of the `.keras` file that an ONNX file was made from.
    """

    classes: tuple[str, ...]
    pixels: PixelParams
    scaling: Scaling = "unit"
    mean: tuple[float, ...] | None = None
    deviation: tuple[float, ...] | None = None
    inside: bool = True
    output: Output = "probabilities"
    temperature: float = 1.0
    threshold: float | None = None
    positive: str | None = None
    family: str | None = None
    base: str | None = None
    unknown: UnknownRule | None = None
    keras_sha256: str | None = None
    made_by: str = ""

    def changed(self, **values: Any) -> ModelInfo:
        """A copy with other values."""
        return replace(self, **values)

    def to_json(self) -> str:
        """One JSON object, UTF-8, with its version."""
        value = {"format_version": INFO_VERSION} | asdict(self) | {"pixels": self.pixels._asdict()}
        return json.dumps(value, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, where: object = None) -> ModelInfo:
        """Read what `to_json` wrote.

        Raises:
            ModelFileError: not such an object, or of a newer version.
        """
        try:
            value = json.loads(text)
            return cls._of(value)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
            raise ModelFileError(
                "The model's description cannot be read",
                where=where,
                expected=MEMBER,
                reason=str(error)[:200],
            ) from error

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> ModelInfo:
        version = value["format_version"]
        if type(version) is not int or version < 1:
            raise ValueError(f"format version {ascii(version)[:60]}")
        if version > INFO_VERSION:
            raise ValueError(f"format version {version}, newer than {INFO_VERSION}")
        known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        if found := faults(known, get_args(Output)):
            raise ValueError("; ".join(found))
        for name in ("classes", "mean", "deviation"):
            if known.get(name) is not None:
                known[name] = tuple(known[name])
        known["pixels"] = PixelParams(**known["pixels"])
        if known.get("unknown") is not None:
            known["unknown"] = rule_from(known["unknown"])
        return cls(**known)
