"""Bases of Keras Applications, built without their old output."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from convonet.nets.backbones.weights import fill_from_h5
from convonet.nets.backend import keras
from convonet.params.bases import BaseInfo

_MADE_BY: dict[str, tuple[str, dict[str, bool]]] = {
    "vgg16": ("VGG16", {}),
    "resnet50": ("ResNet50", {}),
    "xception": ("Xception", {}),
    "mobilenet_v2": ("MobileNetV2", {}),
    "mobilenet_v3_small": ("MobileNetV3Small", {"include_preprocessing": False}),
    "mobilenet_v3_large": ("MobileNetV3Large", {"include_preprocessing": False}),
    "efficientnet_b0": ("EfficientNetB0", {}),
}
_DEVIATION = np.array([0.229, 0.224, 0.225])


def build_application(info: BaseInfo, shape: tuple[int, int, int]) -> keras.Model:
    """The network for pixels of shape (height, width, 3), with weights of no meaning yet."""
    made, options = _MADE_BY[info.name]
    return getattr(keras.applications, made)(
        include_top=False, weights=None, input_shape=shape, name=info.name, **options
    )


def fill_application(network: keras.Model, info: BaseInfo, path: Path) -> None:
    """Set all weights from a published file.

    Raises:
        ModelFileError: damaged, or of another network.
    """
    fill_from_h5(network, path)
    if info.blue_first:
        _turn_colours(network)
    if info.name == "efficientnet_b0":
        _correct_scaling(network)


def _turn_colours(network: keras.Model) -> None:
    """Make the first convolution take red, green, blue: its kernel is turned instead of every image."""
    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    kernel = keras.ops.convert_to_numpy(first.kernel)
    first.kernel.assign(np.ascontiguousarray(kernel[:, :, ::-1]))


def _correct_scaling(network: keras.Model) -> None:
    """The published weights were trained on pixels divided by the root of the deviation once more.

    Keras adds a row for it only when it fetches the file itself; here the variance carries it.
    """
    normalization = next(layer for layer in network.layers if isinstance(layer, keras.layers.Normalization))
    variance = keras.ops.convert_to_numpy(normalization.adapt_variance)
    normalization.adapt_variance.assign((variance * _DEVIATION).astype(np.float32))
    normalization.finalize_state()
