"""What every explainer is: a function from images and classes to maps, entered in one registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.events import Watch
from convonet.explaining.explained_model import ExplainedModel, Images

BATCH_SIZE = 16


@dataclass(frozen=True)
class ExplainSettings:
    """What a person may choose; each explainer takes what concerns it.

    Attributes:
        layer: the layer whose maps Grad-CAM weighs; None: that of the last convolution.
        patch: side of the square that occlusion slides over the image, in pixels; None: a fifth of the shorter side.
        stride: how far it moves at a time, in pixels; None: a third of the patch.
    """

    layer: str | None = None
    patch: int | None = None
    stride: int | None = None


class Maps(NamedTuple):
    """What an explainer gives.

    Attributes:
        values: (N, height, width) float32 at the image's own positions; larger: speaks more for the class.
        layer: the layer that it looked at, None where it looked at none.
    """

    values: NDArray[np.float32]
    layer: str | None = None


Explain = Callable[[ExplainedModel, Images, NDArray[np.int64], ExplainSettings, Watch], Maps]


@dataclass(frozen=True)
class Explainer:
    """One way to explain.

    Attributes:
        name: as people write it.
        title: as people read it.
        meaning: what its raw values are.
        explain: maps of images (N, height, width, channels) for their classes (N,).
    """

    name: str
    title: str
    meaning: str
    explain: Explain


EXPLAINERS: dict[str, Explainer] = {}


def register(name: str, title: str, meaning: str) -> Callable[[Explain], Explain]:
    """Enter a function as the explainer `name`."""

    def enter(explain: Explain) -> Explain:
        EXPLAINERS[name] = Explainer(name, title, meaning, explain)
        return explain

    return enter
