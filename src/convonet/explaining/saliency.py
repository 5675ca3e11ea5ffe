"""Saliency (Simonyan et al. 2014): how much the class's logit changes with each pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convonet.events import Watch
from convonet.explaining.base import ExplainSettings, Maps, register
from convonet.explaining.explained_model import ExplainedModel, Images
from convonet.explaining.passes import array, forward, gradients, of_classes
from convonet.nets.net_model import NetModel


@register(
    "saliency",
    "Saliency",
    "absolute change of the class's logit per gray level, maximum over the channels",
)
def explain(
    model: ExplainedModel, images: Images, labels: NDArray[np.int64], settings: ExplainSettings, watch: Watch
) -> Maps:
    """The gradient's size at each pixel."""
    watch.check()
    return Maps(np.abs(gradient(model.network, images, labels)).max(axis=3))


def gradient(model: NetModel, images: NDArray[np.generic], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """The gradient of each image's class logit with respect to its pixels (0..255).

    Args:
        images: (N, height, width, channels).
        labels: (N,).

    Returns:
        Signed, in logits a grey level, shape of the images.
    """
    passed = forward(model, np.asarray(images))
    (slopes,) = gradients(of_classes(passed.logits, labels), [passed.pixels])
    return array(slopes)
