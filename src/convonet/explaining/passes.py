"""One pass through a network with its gradients: pixels at one end, logits at the other, maps in between.

Networks are run as they are, without being rebuilt, so nested networks and layers made elsewhere are no
special case: for the length of a pass a layer's `call` also remembers what it gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ConvonetError
from convonet.explaining.network_layers import NamedLayer
from convonet.inference.scaling import scale_of
from convonet.nets import backend
from convonet.nets.backend import keras, ops
from convonet.nets.foreign import last_layer
from convonet.nets.net_model import NetModel

Tensor = Any


class Pass(NamedTuple):
    """What a pass left, as tensors that know their gradients.

    Attributes:
        pixels: (N, height, width, channels), 0..255.
        logits: (N, classes), before softmax or sigmoid. Of one sigmoid z they are (−z, z): each class's own
            evidence.
        maps: layer name → its output, (N, …).
        raised: layer name → its output before the activation that stands in the layer itself, where one does.
    """

    pixels: Tensor
    logits: Tensor
    maps: dict[str, Tensor]
    raised: dict[str, Tensor]


def forward(
    model: NetModel,
    pixels: NDArray[Any] | Tensor,
    layers: Sequence[NamedLayer] = (),
    *,
    gradients: bool = True,
) -> Pass:
    """Run images through the network as in prediction, keeping what gradients need.

    Args:
        pixels: (N, height, width, channels), 0..255; a tensor keeps its own history.
        layers: whose outputs are wanted too.
        gradients: False: numbers alone, which every backend gives.

    Raises:
        ConvonetError: gradients are wanted, and keras runs on another backend than torch.
    """
    if gradients:
        require_torch()
    if isinstance(pixels, np.ndarray):
        pixels = ops.convert_to_tensor(pixels.astype(np.float32))
        # A leaf of its own, whose gradient is asked for; the caller's array stays as it is.
        pixels = pixels.detach().requires_grad_(True) if gradients else pixels
    maps: dict[str, Tensor] = {}
    raised: dict[str, Tensor] = {}
    before: dict[str, Tensor] = {}
    last = last_layer(model.keras_model)
    with ExitStack() as taps:
        if not gradients:
            taps.enter_context(_without_history())
        for named in layers:
            taps.enter_context(_keeping_output(named.layer, named.name, maps))
            taps.enter_context(_keeping_raised(named.layer, named.name, raised))
        # Behind softmax the gradients of sure answers vanish, and classes push one another.
        if model.info.output in ("probabilities", "sigmoid"):
            taps.enter_context(_keeping_raised(last, "logits", before))
        # As in prediction: dropout off, statistics fixed.
        output = model.keras_model(_fed(model, pixels), training=False)
    logits = before.get("logits", output)
    if model.info.output.startswith("sigmoid"):
        logits = ops.concatenate([-logits, logits], axis=1)
    return Pass(pixels, logits, maps, {name: raised.get(name, maps[name]) for name in maps})


def gradients(values: Tensor, sources: Sequence[Tensor]) -> list[Tensor]:
    """The gradients of the sum of `values` with respect to each of `sources`; 0 where nothing leads there."""
    # Torch need not be installed where another backend computes.
    import torch

    # The images of a batch do not depend on each other, so one pass gives each its own gradient.
    found = torch.autograd.grad(values.sum(), list(sources), allow_unused=True)
    return [
        torch.zeros_like(source) if gradient is None else gradient
        for source, gradient in zip(sources, found, strict=True)
    ]


def of_classes(logits: Tensor, labels: NDArray[np.int64]) -> Tensor:
    """The logit of each image's own class, shape (N,)."""
    return logits[list(range(len(labels))), [int(label) for label in labels]]


def array(tensor: Tensor) -> NDArray[np.float32]:
    """A tensor's numbers, without its history."""
    return np.asarray(ops.convert_to_numpy(tensor), np.float32)


def require_torch() -> None:
    """Refuse backends on which gradients are not asked for here.

    Raises:
        ConvonetError: keras runs on JAX or TensorFlow.
    """
    if backend.name() != "torch":
        raise ConvonetError(
            "Gradients can be computed only with the torch backend",
            expected="KERAS_BACKEND=torch",
            received=backend.name(),
            hint="Use occlusion, which works with every backend",
        )


def differentiable(model: NetModel) -> NetModel:
    """The same network where it takes fractions; a copy that does, with the same weights, where it takes bytes."""
    network = model.keras_model
    # Whole numbers have no gradient.
    if "float" in str(network.inputs[0].dtype):
        return model
    inputs = keras.Input(network.inputs[0].shape[1:], dtype="float32")
    copy = keras.models.clone_model(network, input_tensors=inputs)
    copy.set_weights(network.get_weights())
    return NetModel(copy, model.info)


def _fed(model: NetModel, pixels: Tensor) -> Tensor:
    """What goes into the network, still knowing the pixels: raw where a layer of it scales, else scaled ones."""
    info = model.info
    scale = None if info.inside else scale_of(info.scaling, info.pixels.channels, info.mean, info.deviation)
    if scale is None:
        return pixels
    factor, offset = (ops.convert_to_tensor(np.asarray(part, np.float32)) for part in scale)
    return pixels * factor + offset


def _without_history() -> AbstractContextManager[object]:
    """Inside the block torch keeps nothing for gradients; other backends never do."""
    if backend.name() != "torch":
        return nullcontext()
    # Torch need not be installed where another backend computes.
    import torch

    block: AbstractContextManager[object] = torch.no_grad()
    return block


@contextmanager
def _keeping_output(layer: Any, name: str, kept: dict[str, Tensor]) -> Iterator[None]:
    """Inside the block, what the layer gives is put into `kept`; of a shared layer the last use counts."""
    call = layer.call

    def keep(*values: Any, **options: Any) -> Any:
        kept[name] = call(*values, **options)
        return kept[name]

    with _instead(layer, "call", keep):
        yield


@contextmanager
def _keeping_raised(layer: Any, name: str, kept: dict[str, Tensor]) -> Iterator[None]:
    """Inside the block, what goes into the layer's activation is put into `kept`."""
    activation = getattr(layer, "activation", None)
    attribute = "call" if activation is None else "activation"
    given = layer.call if activation is None else activation
    if activation is None and not _is_activation(layer):
        yield
        return

    def keep(value: Any, *rest: Any, **options: Any) -> Any:
        kept[name] = value
        return given(value, *rest, **options)

    with _instead(layer, attribute, keep):
        yield


def _is_activation(layer: Any) -> bool:
    made = keras.layers
    return isinstance(layer, (made.Softmax, made.ReLU, made.LeakyReLU, made.ELU, made.PReLU))


@contextmanager
def _instead(layer: Any, attribute: str, function: Callable[..., Any]) -> Iterator[None]:
    """The attribute of this one layer replaced inside the block; Keras' own tracking is passed by."""
    # A method of the class must not stay behind as an attribute of the object.
    own = attribute in vars(layer)
    before = getattr(layer, attribute)
    # Keras' own setter would track the function as a part of the layer.
    object.__setattr__(layer, attribute, function)
    try:
        yield
    finally:
        if own:
            object.__setattr__(layer, attribute, before)
        else:
            object.__delattr__(layer, attribute)
