"""When an image counts as none of the classes, as a model's description says it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    # The window reads descriptions before it can be seen, and is there sooner without numpy.
    import numpy as np
    from numpy.typing import NDArray

MeasuredOn = Literal["val", "train"]


@dataclass(frozen=True)
class UnknownRule:
    """When an image counts as none of the classes.

    Attributes:
        threshold: a score above it means none of the classes.
        rate: the wanted share of images of known classes that are taken for unknown, 0..1.
        images: how many images the threshold was set on.
        measured_on: `val`, or `train` where no images were held out: the rate is a little too low then.
        method: how the score is made.
    """

    threshold: float
    rate: float
    images: int
    measured_on: MeasuredOn = "val"
    method: str = "energy+neighbours"

    def is_unknown(self, scores: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """Which images are of none of the classes, shape (N,)."""
        return scores > self.threshold


def rule_from(value: Mapping[str, Any]) -> UnknownRule:
    """The rule in a model's description.

    Raises:
        ValueError: it is none.
    """
    threshold, rate, images = value["threshold"], value["rate"], value["images"]
    numbers = type(threshold) in (int, float) and type(rate) in (int, float) and type(images) is int
    if not numbers or not math.isfinite(threshold) or not 0 <= rate <= 1:
        raise ValueError(f"an invalid threshold for unknown images: {ascii(threshold)[:60]}")
    on: MeasuredOn = "train" if value.get("measured_on") == "train" else "val"
    return UnknownRule(float(threshold), float(rate), images, on, str(value.get("method", ""))[:60])
