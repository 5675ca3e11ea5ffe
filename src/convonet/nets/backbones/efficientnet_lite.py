"""EfficientNet-Lite0, 1 and 2 (Tan, Le 2019; the lite variants of 2020), filled from a file of PyTorch weights.

Without squeeze-excitation, with ReLU6, TensorFlow's `same` padding, and stem and top of fixed width.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from convonet.errors import ModelFileError
from convonet.nets.backend import keras
from convonet.nets.layers import Tensor
from convonet.text import counted

_STEM, _TOP = 32, 1280
_EPSILON = 1e-3


class Stage(NamedTuple):
    """Blocks of one size; only the first of them has the stride."""

    repeat: int
    kernel: int
    stride: int
    expand: int
    out: int


_STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


_SCALES = {
    "efficientnet_lite0": (1.0, 1.0),
    "efficientnet_lite1": (1.0, 1.1),
    "efficientnet_lite2": (1.1, 1.2),
}
"""Width and depth of each variant as multiples of the smallest one."""
NAMES = tuple(_SCALES)


def efficientnet_lite(name: str, shape: tuple[int, int, int], classes: int | None = None) -> keras.Model:
    """The network for scaled pixels of shape (height, width, 3); its maps, or logits where `classes` is given."""
    width, depth = _SCALES[name]
    inputs = keras.Input(shape, name="scaled")
    x = _conv(inputs, _STEM, 3, "stem", stride=2)
    for number, stage in enumerate(map(lambda one: one._replace(out=_wide(one.out, width)), _STAGES), 1):
        # The first and the last stage are never deeper.
        repeats = stage.repeat if number in (1, len(_STAGES)) else math.ceil(stage.repeat * depth)
        for repeat in range(repeats):
            name_of_block = f"block{number}{'abcdefgh'[repeat]}"
            x = _block(x, stage, name_of_block, stage.stride if repeat == 0 else 1)
    x = _conv(x, _TOP, 1, "top")
    if classes is not None:
        x = keras.layers.GlobalAveragePooling2D(name="global_pool")(x)
        x = keras.layers.Dense(classes, name="logits")(x)
    return keras.Model(inputs, x, name=name)


def _wide(channels: int, width: float) -> int:
    """Scaled channels, rounded to a multiple of 8 but not down by more than a tenth."""
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def _conv(
    x: Tensor, filters: int, kernel: int, name: str, *, stride: int = 1, linear: bool = False
) -> Tensor:
    x = keras.layers.Conv2D(
        filters, kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_conv"
    )(x)
    return _normed(x, name, linear)


def _normed(x: Tensor, name: str, linear: bool = False) -> Tensor:
    x = keras.layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_bn")(x)
    return x if linear else keras.layers.ReLU(6.0, name=f"{name}_relu")(x)


def _block(x: Tensor, stage: Stage, name: str, stride: int) -> Tensor:
    """An inverted residual block: wide inside, narrow at both ends, a shortcut where nothing changes."""
    wide = x.shape[-1] * stage.expand
    y = x if stage.expand == 1 else _conv(x, wide, 1, f"{name}_expand")
    y = keras.layers.DepthwiseConv2D(
        stage.kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_dwconv"
    )(y)
    y = _conv(_normed(y, f"{name}_dw"), stage.out, 1, f"{name}_project", linear=True)
    same = stride == 1 and x.shape[-1] == stage.out
    return keras.layers.Add(name=f"{name}_add")([x, y]) if same else y


def fill_from_torch(network: keras.Model, path: Path) -> None:
    """Set all weights from a file of PyTorch weights, of which no code is run.

    Raises:
        ModelFileError: no such file, not of weights alone, or of another network.
    """
    groups = _grouped(_read(path), path)
    layers = [layer for layer in network.layers if layer.weights]
    # More is fine: the file also has the old output layer.
    if len(groups) < len(layers):
        raise _of_another(path, f"{counted(len(layers), 'layer')} with weights", f"{len(groups)}")
    for layer, (name, values) in zip(layers, groups.items(), strict=False):
        arrays = _as_keras(layer, values)
        wanted = [tuple(weight.shape) for weight in layer.weights]
        found = [array.shape for array in arrays]
        if wanted != found:
            raise _of_another(path, f"{layer.name} of {wanted}", f"{name} of {found}")
        layer.set_weights(arrays)


def _read(path: Path) -> Mapping[str, Any]:
    # Torch need not be installed where another backend computes.
    import torch

    try:
        # A file of torch is a pickle, which can run anything; weights alone cannot.
        values = torch.load(path, map_location="cpu", weights_only=True)
    except (
        pickle.UnpicklingError,
        RuntimeError,
        EOFError,
        ValueError,
        KeyError,
        AttributeError,
        OSError,
    ) as error:
        raise ModelFileError(
            "The weights file cannot be read",
            where=path,
            expected="PyTorch weights without code",
            reason=(str(error).splitlines() or [type(error).__name__])[0][:200],
        ) from error
    if not isinstance(values, Mapping) or not all(torch.is_tensor(value) for value in values.values()):
        raise _of_another(path, "named tensors", type(values).__name__)
    return values


def _grouped(values: Mapping[str, Any], path: Path) -> dict[str, dict[str, np.ndarray]]:
    """Tensors by their layer, in the order of the file, which is that of the network."""
    groups: dict[str, dict[str, np.ndarray]] = {}
    for name, tensor in values.items():
        layer, _, kind = name.rpartition(".")
        # A counter of torch's that Keras does not have.
        if kind != "num_batches_tracked":
            groups.setdefault(layer, {})[kind] = tensor.float().numpy()
    return groups


def _as_keras(layer: Any, values: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """A layer's tensors in Keras' order and with its axes; empty where one is missing."""
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = [values[name] for name in names if name in values]
    if not arrays or arrays[0].ndim not in (1, 2, 4):
        return []
    if arrays[0].ndim == 4:
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        arrays[0] = arrays[0].transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
    elif arrays[0].ndim == 2:
        arrays[0] = arrays[0].T
    return arrays


def _of_another(path: Path, expected: str, received: str) -> ModelFileError:
    return ModelFileError(
        "The weights belong to a different network", where=path, expected=expected, received=received
    )
