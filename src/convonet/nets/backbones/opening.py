"""A backbone ready to be built on: its network, where to feed it, and the scaling of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from convonet.errors import DataError, ModelFileError
from convonet.inference.model_info import ModelInfo
from convonet.inference.scaling import PixelScaling, Scale, scale_of
from convonet.nets.backbones.applications import build_application, fill_application
from convonet.nets.backbones.efficientnet_lite import NAMES, efficientnet_lite, fill_from_torch
from convonet.nets.backbones.weights import check_hash, find_weights
from convonet.nets.backend import keras
from convonet.nets.foreign import ask_for_scaling, fed_scaling, found_scaling, with_channel_axis
from convonet.nets.layers import seed_of
from convonet.nets.loading import load_network
from convonet.params.bases import BaseInfo, base_info, is_model_file
from convonet.text import local_path

_COLOUR = 3


class Backbone(NamedTuple):
    """A network without its old output.

    Attributes:
        network: from pixels of its own channels to maps or to one row of numbers; its name is a layer's name.
        row: the scaling in front of it, None where it takes raw pixels.
        scaling: how pixels end up scaled, for the model's description.
    """

    network: keras.Model
    scale: Scale | None
    scaling: PixelScaling

    @property
    def channels(self) -> int:
        """1 or 3."""
        return int(self.network.input_shape[-1])


def open_backbone(
    values: Mapping[str, Any], shape: tuple[int, int, int], seed: int, given: PixelScaling | None
) -> Backbone:
    """The backbone that the values of the family `transfer` name, with its weights.

    Args:
        values: `base`, `base_weights`, `base_sha256`.
        shape: (height, width, channels) of the images.
        seed: random weights follow from it.
        given: the scaling of a model file that does not tell it, as the person gave it.

    Raises:
        ParamError: no such backbone.
        DataError: images that it does not take.
        ModelFileError: its weights are absent or not the right ones.
    """
    name, sha256 = str(values["base"]), values["base_sha256"]
    if is_model_file(name):
        return _of_file(Path(local_path(name)), sha256, shape, given)
    info = base_info(name)
    _check_size(info, shape)
    network = _built(info, (shape[0], shape[1], _COLOUR))
    weights = str(values["base_weights"])
    if weights == "random":
        _randomise(network, seed)
    else:
        _fill(network, info, find_weights(info, weights, sha256))
    scaling = PixelScaling(info.scaling, info.mean, info.deviation)
    return Backbone(network, scale_of(info.scaling, _COLOUR, info.mean, info.deviation), scaling)


def _built(info: BaseInfo, shape: tuple[int, int, int]) -> keras.Model:
    return efficientnet_lite(info.name, shape) if info.name in NAMES else build_application(info, shape)


def _fill(network: keras.Model, info: BaseInfo, path: Path) -> None:
    if info.name in NAMES:
        fill_from_torch(network, path)
    else:
        fill_application(network, info, path)


def _check_size(info: BaseInfo, shape: tuple[int, int, int]) -> None:
    # Keras would build it and leave maps of no size, or refuse it with a sentence about its arguments.
    if min(shape[:2]) < info.least:
        raise DataError(
            f"The images are too small for the backbone {info.name}",
            expected=f"at least {info.least}×{info.least} pixels",
            received=f"{shape[0]}×{shape[1]} pixels",
            hint=f"The backbone was trained at an image size of {info.size}",
        )


def _randomise(network: keras.Model, seed: int) -> None:
    """Weights that follow from the seed: Keras draws those of its own networks from a seed of the process."""
    for variable in network.weights:
        if len(variable.shape) > 1:
            # By the path: two layers of one shape must not begin with the same weights.
            variable_seed = seed_of(seed, f"{network.name}/{variable.path}")
            variable.assign(keras.initializers.HeUniform(seed=variable_seed)(variable.shape))


def _of_file(
    path: Path, sha256: str | None, shape: tuple[int, int, int], given: PixelScaling | None
) -> Backbone:
    """Any saved classifier or feature network."""
    if not path.is_file():
        raise ModelFileError("The model file for the backbone does not exist", where=path)
    loaded, info = load_network(check_hash(path, sha256))
    loaded = with_channel_axis(loaded)
    network = without_output(loaded, path)
    _check_shape(network, shape, path)
    inside = found_scaling(loaded) if info is None else _described(info)
    if inside is not None:
        # It scales its own pixels: a second scaling in front would be wrong.
        return Backbone(network, None, inside)
    if given is None and info is None and (fed := fed_scaling(loaded)) is not None:
        given = PixelScaling(fed)
    if given is None:
        raise ask_for_scaling(path)
    return Backbone(
        network, scale_of(given.scaling, network.input_shape[-1], given.mean, given.deviation), given
    )


def _described(info: ModelInfo) -> PixelScaling | None:
    return PixelScaling(info.scaling, info.mean, info.deviation) if info.inside else None


def _check_shape(network: keras.Model, shape: tuple[int, int, int], path: Path) -> None:
    takes = tuple(network.input_shape[1:])
    fits = all(side in (None, have) for side, have in zip(takes[:2], shape[:2], strict=False))
    if len(takes) == 3 and fits and (takes[2] == shape[2] or (takes[2] == _COLOUR and shape[2] == 1)):
        return
    raise DataError(
        "The images do not match the input of the backbone",
        where=path,
        expected=f"images of {takes}",
        received=f"images of {tuple(shape)}",
        hint="Set the image size and the channels to those of the backbone",
    )


def without_output(network: keras.Model, path: Path) -> keras.Model:
    """The network up to what its last dense layer takes; whole where it gives maps.

    Raises:
        ModelFileError: no network that goes in one line to one output.
    """
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise ModelFileError("A backbone must have one input and one output", where=path)
    features = keras.Model(network.inputs[0], _before_last_dense(network, network.outputs[0]))
    features.name = "base"
    return features


def _before_last_dense(network: keras.Model, tensor: Any) -> Any:
    """The tensor to build on, going back from an output of the network."""
    while len(tensor.shape) != 4:
        layer, node_index, _ = tensor._keras_history
        before = layer._inbound_nodes[node_index].input_tensors
        if not before:
            return tensor
        if isinstance(layer, keras.Model):
            inner = keras.Model(layer.inputs[0], _before_last_dense(layer, layer.outputs[0]), name=layer.name)
            return inner(before[0])
        if isinstance(layer, keras.layers.Dense):
            return before[0]
        tensor = before[0]
    return tensor
