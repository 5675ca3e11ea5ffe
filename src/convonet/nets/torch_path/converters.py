"""Each Keras layer as torch operations. Maps are (N, C, H, W) in channels_last memory, rows of numbers (N, K).

A layer may become several operations: its activation is one of its own, so that the graph can move it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from convonet.nets.backend import keras
from convonet.nets.statistics import learns_statistics
from convonet.nets.torch_path.batch_part import current_part
from convonet.nets.torch_path.dropout import draw_for
from convonet.nets.torch_path.layout import keras_axes, torch_axes, torch_kernel
from convonet.nets.torch_path.norm import normalised

Tensor = Any
Run = Callable[[Any, bool], Tensor]
"""From what comes in (a list where layers join several) and whether this is training."""


@dataclass(frozen=True)
class TorchOp:
    """One operation of the forward pass.

    Attributes:
        kind: `relu` and `max_pool` are told apart: their order does not matter, and the other one is faster.
        bare: the same without its bias, where it has one: that can be added after a maximum pooling, too.
        bias: one number a channel, (C,).
        scaled: of a convolution: the same with its outputs times a factor plus a shift, each (C,). It scales the kernel
            instead of the maps.
        affine: of a normalisation: the factor and the shift that it is while it does not learn; None while it does.
    """

    run: Run
    kind: str = ""
    bare: Run | None = None
    bias: Tensor | None = None
    scaled: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None
    affine: Callable[[bool], tuple[Tensor, Tensor] | None] | None = None

    def and_bias(self, bias: Tensor) -> TorchOp:
        """This operation on maps, and a bias added to what it gives, or to what goes into a ReLU."""
        if self.kind == "relu":
            return TorchOp(lambda x, training: (x + bias.view(-1, 1, 1)).relu_())
        return TorchOp(lambda x, training: self.run(x, training) + bias.view(-1, 1, 1))


CONVERTERS: dict[type, Callable[[Any], list[TorchOp]]] = {}

_ELEMENTWISE: dict[Any, Callable[[Tensor], Tensor]] = {
    keras.activations.relu: torch.relu,
    keras.activations.tanh: torch.tanh,
    keras.activations.sigmoid: torch.sigmoid,
    keras.activations.elu: functional.elu,
    keras.activations.silu: functional.silu,
}


def ops_of(layer: Any) -> list[TorchOp]:
    """The layer as operations; a layer that is not known here is called itself, in Keras' axes."""
    convert = CONVERTERS.get(type(layer))
    known = convert is not None and getattr(layer, "data_format", "channels_last") == "channels_last"
    return convert(layer) if convert is not None and known else [TorchOp(_keras_op(layer))]


def _converts(*kinds: type) -> Callable[[Callable[[Any], list[TorchOp]]], Callable[[Any], list[TorchOp]]]:
    def keep(convert: Callable[[Any], list[TorchOp]]) -> Callable[[Any], list[TorchOp]]:
        for kind in kinds:
            CONVERTERS[kind] = convert
        return convert

    return keep


def _keras_op(layer: Any) -> Run:
    trains = getattr(layer, "_call_has_training_arg", False)

    def run(x: Any, training: bool) -> Tensor:
        given = [keras_axes(one) for one in x] if isinstance(x, list) else keras_axes(x)
        return torch_axes(layer(given, training=training) if trains else layer(given))

    return run


def _activation(function: Any) -> list[TorchOp]:
    """An activation by Keras' function; none for the linear one."""
    if function is keras.activations.linear:
        return []
    if function in _ELEMENTWISE:
        apply = _ELEMENTWISE[function]
        return [TorchOp(lambda x, training: apply(x), "relu" if apply is torch.relu else "")]
    if function is keras.activations.softmax:
        return [TorchOp(lambda x, training: torch_axes(keras_axes(x).softmax(-1)))]
    return [TorchOp(lambda x, training: torch_axes(function(keras_axes(x))))]


@_converts(keras.layers.Rescaling)
def _rescaling(layer: Any) -> list[TorchOp]:
    scale, offset = (torch.as_tensor(part, dtype=torch.float32) for part in (layer.scale, layer.offset))
    if scale.ndim or offset.ndim:
        return [TorchOp(_keras_op(layer))]
    factor, add = float(scale), float(offset)
    return [TorchOp(lambda x, training: x * factor + add if add else x * factor)]


@_converts(keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
def _conv(layer: Any) -> list[TorchOp]:
    kernel, bias = _weights(layer)
    stride, dilation = tuple(layer.strides), tuple(layer.dilation_rate)
    depthwise = type(layer) is keras.layers.DepthwiseConv2D
    extents = [apart * (side - 1) + 1 for side, apart in zip(layer.kernel_size, dilation, strict=True)]

    def convolved(x: Tensor, shift: Tensor | None, factor: Tensor | None = None) -> Tensor:
        weights, groups = torch_kernel(kernel), getattr(layer, "groups", 1)
        if depthwise:
            # torch has no depthwise convolution: it is one with as many groups as channels.
            weights = weights.transpose(0, 1).reshape(-1, 1, *weights.shape[2:])
            groups = x.shape[1]
        if factor is not None:
            weights = weights * factor.view(-1, 1, 1, 1)
        x, padding = _padded(x, layer.padding, extents, stride)
        return torch.conv2d(x, weights, shift, stride, padding, dilation, groups)

    def scaled(x: Tensor, factor: Tensor, shift: Tensor) -> Tensor:
        return convolved(x, shift if bias is None else torch.addcmul(shift, bias, factor), factor)

    bare = None if bias is None else lambda x, training: convolved(x, None)
    after = _activation(layer.activation)
    # Only a convolution without activation can take the normalization behind it into its kernel.
    conv = TorchOp(
        lambda x, training: convolved(x, bias), bare=bare, bias=bias, scaled=None if after else scaled
    )
    return [conv, *after]


def _weights(layer: Any) -> tuple[Tensor, Tensor | None]:
    """The kernel and the bias: Keras changes their numbers in place, so they may be held."""
    return layer.kernel.value, layer.bias.value if layer.use_bias else None


def _padded(x: Tensor, padding: str, extents: list[int], stride: tuple[int, ...]) -> tuple[Tensor, list[int]]:
    """The maps and the even padding that is left to the convolution; `same` may need one more at the end."""
    if padding == "valid":
        return x, [0, 0]
    missing = [
        max((-(-size // step) - 1) * step + side - size, 0)
        for size, side, step in zip(x.shape[2:], extents, stride, strict=True)
    ]
    # The convolution pads by itself for nothing; padding before it copies the maps.
    if all(lack % 2 == 0 for lack in missing):
        return x, [lack // 2 for lack in missing]
    (top, left) = (lack // 2 for lack in missing)
    return functional.pad(x, (left, missing[1] - left, top, missing[0] - top)), [0, 0]


@_converts(keras.layers.Dense)
def _dense(layer: Any) -> list[TorchOp]:
    # Such a layer does not compute with its kernel alone.
    if getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
        return [TorchOp(_keras_op(layer))]
    kernel, bias = _weights(layer)

    def run(x: Tensor, training: bool) -> Tensor:
        if x.ndim == 2:
            return functional.linear(x, kernel.t(), bias)
        return torch_axes(functional.linear(keras_axes(x), kernel.t(), bias))

    return [TorchOp(run), *_activation(layer.activation)]


@_converts(keras.layers.BatchNormalization)
def _norm(layer: Any) -> list[TorchOp]:
    if layer.renorm or layer.synchronized or layer.axis not in (-1, 3):
        return [TorchOp(_keras_op(layer))]
    mean, variance = layer.moving_mean.value, layer.moving_variance.value
    gamma = layer.gamma.value if layer.scale else None
    beta = layer.beta.value if layer.center else None

    def affine(training: bool) -> tuple[Tensor, Tensor] | None:
        if training and learns_statistics(layer):
            return None
        factor = (variance + layer.epsilon).rsqrt()
        factor = factor if gamma is None else factor * gamma
        return factor, -mean * factor if beta is None else torch.addcmul(beta, mean, factor, value=-1)

    def run(x: Tensor, training: bool) -> Tensor:
        # With fixed statistics torch's own is one multiplication and addition, and exact.
        if not (training and learns_statistics(layer)):
            return functional.batch_norm(x, mean, variance, gamma, beta, False, 0.0, layer.epsilon)
        rows = keras_axes(x)
        made, batch_mean, batch_variance = normalised(
            rows.reshape(-1, rows.shape[-1]), gamma, beta, layer.epsilon
        )
        with torch.no_grad():
            mean.lerp_(batch_mean, 1 - layer.momentum)
            variance.lerp_(batch_variance, 1 - layer.momentum)
        return torch_axes(made.view(rows.shape))

    return [TorchOp(run, affine=affine)]


@_converts(keras.layers.Activation)
def _act(layer: Any) -> list[TorchOp]:
    return _activation(layer.activation) or [TorchOp(lambda x, training: x)]


@_converts(keras.layers.ReLU)
def _relu(layer: Any) -> list[TorchOp]:
    if layer.negative_slope or layer.threshold:
        return [TorchOp(_keras_op(layer))]
    if layer.max_value is None:
        return [TorchOp(lambda x, training: torch.relu(x), "relu")]
    top = float(layer.max_value)
    return [TorchOp(lambda x, training: functional.hardtanh(x, 0.0, top))]


@_converts(keras.layers.LeakyReLU)
def _leaky(layer: Any) -> list[TorchOp]:
    return [TorchOp(lambda x, training: functional.leaky_relu(x, layer.negative_slope))]


@_converts(keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)
def _pool(layer: Any) -> list[TorchOp]:
    size, stride = tuple(layer.pool_size), tuple(layer.strides)
    # The padding of `same` may be uneven, and an average must not count it.
    if layer.padding != "valid":
        return [TorchOp(_keras_op(layer))]
    if type(layer) is keras.layers.MaxPooling2D:
        return [TorchOp(lambda x, training: functional.max_pool2d(x, size, stride), "max_pool")]
    return [TorchOp(lambda x, training: functional.avg_pool2d(x, size, stride))]


@_converts(keras.layers.GlobalAveragePooling2D)
def _global_average(layer: Any) -> list[TorchOp]:
    return [TorchOp(lambda x, training: x.mean((2, 3), keepdim=layer.keepdims))]


@_converts(keras.layers.GlobalMaxPooling2D)
def _global_max(layer: Any) -> list[TorchOp]:
    return [TorchOp(lambda x, training: x.amax((2, 3), keepdim=layer.keepdims))]


@_converts(keras.layers.Flatten)
def _flatten(layer: Any) -> list[TorchOp]:
    return [TorchOp(lambda x, training: keras_axes(x).flatten(1))]


@_converts(keras.layers.Dropout)
def _drop(layer: Any) -> list[TorchOp]:
    if layer.noise_shape is not None or not layer.rate:
        return [TorchOp(_keras_op(layer))]
    state, drawn = layer.seed_generator.state.value, draw_for(layer.rate, layer.seed_generator.state.value)

    def run(x: Tensor, training: bool) -> Tensor:
        if not training:
            return x
        seed, calls = state.tolist()
        # Keras counts the calls of a generator too; a layer that is used twice in a network draws twice.
        state[1] += 1
        rows, part = keras_axes(x), current_part()
        if part is None:
            return torch_axes(rows * drawn((seed + calls) & 0xFFFFFFFF, rows))
        return torch_axes(rows * part.of(drawn((seed + calls) & 0xFFFFFFFF, part.whole(rows))))

    return [TorchOp(run)]


@_converts(keras.layers.Add)
def _add(layer: Any) -> list[TorchOp]:
    def run(x: list[Tensor], training: bool) -> Tensor:
        total = x[0]
        for one in x[1:]:
            total = total + one
        return total

    return [TorchOp(run)]
