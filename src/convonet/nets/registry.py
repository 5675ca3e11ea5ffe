"""The one place where networks are built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from convonet._version import __version__
from convonet.errors import DataError
from convonet.inference.model_info import ModelInfo
from convonet.inference.net_input import NetInput
from convonet.inference.scaling import PixelScaling, scale_of
from convonet.nets.backend import keras, use_device
from convonet.nets.families import BUILDERS
from convonet.nets.layers import Layers, TooSmallError, scaling_layer
from convonet.nets.net_model import NetModel
from convonet.params.families import family_info
from convonet.params.hyper_params import HyperParams

INPUT_NAME = "pixels"
_LARGEST_SEARCHED = 512


def create_model(hyper: HyperParams, net_input: NetInput) -> NetModel:
    """A new network of the family that `hyper` names, with its first weights.

    It takes float32 pixels 0..255 of shape (N, height, width, channels), scales them in its first layer and gives
    what its `info.output` says.

    Args:
        hyper: only the values that are set reach the family. Weights and dropout follow from its seed, whatever the
            number of threads.
        net_input: the images and classes that the network is for. For a model file as a backbone that does not tell
            its scaling, the scaling must be given.

    Raises:
        DataError: images that are too small for the family.
        ParamError: an unknown family, values that do not go together, or a network larger than the memory.
        ConvonetError: the device that `hyper` names is not there.
    """
    use_device(hyper.device)
    family, shape, classes = family_info(hyper.family), net_input.pixels.shape, net_input.classes
    values = family.values(hyper)
    on_backbone = "base" in values
    given = net_input.scaling or PixelScaling("unit")
    # A backbone scales its own input, as it was trained with.
    scale = None if on_backbone else scale_of(given.scaling, shape[2], given.mean, given.deviation)

    def build(sides: tuple[int, int]) -> tuple[Any, Layers]:
        net = Layers(values, len(classes), hyper.seed, net_input.scaling if on_backbone else given)
        inputs = keras.Input((*sides, shape[2]), dtype="float32", name=INPUT_NAME)
        outputs = BUILDERS[family.name](scaling_layer(inputs, scale), net)
        return keras.Model(inputs, outputs, name=family.name), net

    try:
        model, net = build(shape[:2])
    except TooSmallError as error:
        raise _too_small(family.name, values, shape, build) from error
    used = net.scaling or given
    info = ModelInfo(
        classes=classes,
        pixels=net_input.pixels,
        scaling=used.scaling,
        mean=used.mean,
        deviation=used.deviation,
        output=net.output_kind,
        family=family.name,
        base=net.backbone,
        made_by=f"convonet {__version__}",
    )
    return NetModel(model, info)


def _too_small(
    name: str,
    values: Mapping[str, Any],
    shape: tuple[int, int, int],
    build: Callable[[tuple[int, int]], object],
) -> DataError:
    """The error that names the smallest square that the network takes."""
    least = _least_side(build)
    kernel = f" with kernel size {values['kernel_size']}" if "kernel_size" in values else ""
    return DataError(
        f"The images are too small for the network {name}{kernel}",
        expected=f"at least {least}×{least} pixels" if least else None,
        received=f"{shape[0]}×{shape[1]} pixels",
        hint="Choose a larger image size, a smaller kernel, or a network with fewer layers",
    )


def _least_side(build: Callable[[tuple[int, int]], object]) -> int | None:
    """Found by trying: doubled until it fits, then halved between; None when nothing reasonable fits."""
    high = 1
    # Building is the only sure test: paddings, strides and branches have no formula in common.
    while not _fits(high, build):
        high *= 2
        if high > _LARGEST_SEARCHED:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(middle, build) else (middle, high)
    return high


def _fits(side: int, build: Callable[[tuple[int, int]], object]) -> bool:
    try:
        build((side, side))
    except TooSmallError:
        return False
    return True
