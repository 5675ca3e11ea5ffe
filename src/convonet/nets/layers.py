"""The palette that families are written with: each method adds named, seeded layers and returns their output.

The choices that every family shares (activation, padding, pooling, batch normalisation, dropout, L2 …) are
read here from the family's values, so a family's own file holds nothing but its rows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

import psutil

from convonet.errors import ParamError
from convonet.inference.model_info import Output
from convonet.inference.scaling import PixelScaling, Scale
from convonet.nets.backend import keras

Tensor = Any
Padding = Literal["same", "valid"]

_OUTPUTS: dict[str, tuple[Output, str]] = {
    "softmax": ("probabilities", "softmax"),
    "logits": ("logits", "linear"),
    "sigmoid": ("sigmoid", "sigmoid"),
    "sigmoid_logit": ("sigmoid_logit", "linear"),
}
_SMOOTH = ("tanh", "sigmoid")


class TooSmallError(ValueError):
    """The image is used up before the network's last row."""


def seed_of(seed: int, name: str) -> int:
    """The seed of one layer, 0..2³¹−1.

    Hashed, because neighbouring seeds of keras draw the same numbers one call apart.
    """
    # By name: adding a layer at the end leaves the first weights of all others as they were.
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=4).digest()
    # Below 2³¹: every backend takes that as a seed.
    return int.from_bytes(digest, "big") >> 1


def scaling_layer(inputs: Tensor, scale: Scale | None) -> Tensor:
    """Pixels 0..255 through the row that scales them; unchanged where the scale is None."""
    if scale is None:
        return inputs
    factor, offset = (list(part) if len(part) > 1 else part[0] for part in (scale.factor, scale.offset))
    return keras.layers.Rescaling(factor, offset, name="scaling")(inputs)


class Layers:
    """The rows of one network.

    Args:
        values: the family's parameters, as `FamilyInfo.values` gives them.
        classes: how many classes there are, ≥ 2.
        seed: all weights and all dropout follow from it.
        scaling: how pixels are scaled, None where nobody said so; a backbone brings its own.

    Attributes:
        output_kind: what the network gives, after `output` was called.
        backbone: name of the nested network that a family builds on, None where it builds on none.
    """

    def __init__(
        self, values: Mapping[str, Any], classes: int, seed: int, scaling: PixelScaling | None = None
    ) -> None:
        self.values = values
        self.classes = classes
        self.seed = seed
        self.scaling = scaling
        self.output_kind: Output = "probabilities"
        self.backbone: str | None = None
        self._count: Counter[str] = Counter()
        self._weights_so_far = 0

    def conv(
        self,
        x: Tensor,
        filters: int,
        kernel: int | None = None,
        *,
        stride: int | None = None,
        padding: Padding | None = None,
        activation: str | None = None,
        norm: bool = True,
    ) -> Tensor:
        """A convolution with its activation and, where asked for, batch normalisation.

        Args:
            kernel, stride, padding, activation: the family's values when None.
            norm: whether batch normalisation may stand here, if the family's value asks for it.
        """
        name = self._name("conv")
        kernel = kernel or self.values["kernel_size"]
        self._afford(kernel * kernel * x.shape[-1] * filters)
        layer = keras.layers.Conv2D(
            filters,
            kernel,
            strides=stride or self.values.get("stride", 1),
            padding=padding or self.values.get("padding", "same"),
            kernel_initializer=self._weights(name, activation),
            kernel_regularizer=self._penalty(),
            name=name,
        )
        return self._activated(_spatial(layer, x), layer, activation, norm)

    def dense(self, x: Tensor, units: int, *, activation: str | None = None) -> Tensor:
        """A dense layer with its activation and, where asked for, batch normalisation."""
        name = self._name("dense")
        self._afford(x.shape[-1] * units)
        layer = keras.layers.Dense(
            units,
            kernel_initializer=self._weights(name, activation),
            kernel_regularizer=self._penalty(),
            name=name,
        )
        return self._activated(layer(x), layer, activation, norm=True)

    def pool(self, x: Tensor, size: int = 2, *, stride: int | None = None, kind: str | None = None) -> Tensor:
        """Pooling by the family's choice: maximum, average, or a convolution that learns to shrink."""
        kind = kind or self.values.get("pooling", "max")
        # Springenberg et al. 2015: the network learns how to shrink its maps.
        if kind == "stride":
            return self.conv(x, x.shape[-1], size, stride=stride or size, padding="valid")
        made = keras.layers.AveragePooling2D if kind == "average" else keras.layers.MaxPooling2D
        return _spatial(made(size, strides=stride or size, name=self._name("pool")), x)

    def pad(self, x: Tensor, side: int) -> Tensor:
        """Zeros around maps that are smaller than a square of `side`, evenly; nothing where they are not."""
        missing = [max(0, side - have) for have in x.shape[1:3]]
        if not any(missing):
            return x
        edges = tuple((lack // 2, lack - lack // 2) for lack in missing)
        return keras.layers.ZeroPadding2D(edges, name=self._name("pad"))(x)

    def drop(self, x: Tensor, rate: float | None = None, *, spatial: bool | None = None) -> Tensor:
        """Dropout, of whole maps where the family's choice says so; nothing at rate 0."""
        rate = self.values.get("drop_out", 0.0) if rate is None else rate
        if not rate:
            return x
        name = self._name("drop")
        spatial = self.values.get("spatial_drop", False) if spatial is None else spatial
        # Rows of numbers have no maps to drop whole.
        whole = spatial and len(x.shape) == 4
        made = keras.layers.SpatialDropout2D if whole else keras.layers.Dropout
        return made(rate, seed=seed_of(self.seed, name), name=name)(x)

    def norm(self, x: Tensor) -> Tensor:
        """Batch normalisation."""
        return keras.layers.BatchNormalization(name=self._name("norm"))(x)

    def act(self, x: Tensor, activation: str | None = None) -> Tensor:
        """The family's activation as a row of its own."""
        kind = activation or self.values["activation"]
        if kind == "leaky_relu":
            return keras.layers.LeakyReLU(self.values.get("leaky_slope", 0.2), name=self._name("act"))(x)
        return keras.layers.Activation(kind, name=self._name("act"))(x)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        """The sum of two branches of equal shape."""
        return keras.layers.Add(name=self._name("add"))([x, y])

    def flatten_or_pool(self, x: Tensor, kind: str | None = None) -> Tensor:
        """The maps as one row of numbers: flattened (`none`), or the average or maximum of each map."""
        kind = kind or self.values.get("global_pooling", "none")
        if len(x.shape) == 2:
            return x
        if kind == "none":
            return keras.layers.Flatten(name="flatten")(x)
        made = keras.layers.GlobalAveragePooling2D if kind == "average" else keras.layers.GlobalMaxPooling2D
        return made(name="global_pool")(x)

    def output(self, x: Tensor) -> Tensor:
        """The last row, of the kind that the family's `output` names.

        Raises:
            ParamError: a network larger than the memory, or one sigmoid for another number of classes than two.
        """
        choice = self.values.get("output", "softmax")
        self.output_kind, activation = _OUTPUTS[choice]
        single = choice.startswith("sigmoid")
        if single and self.classes != 2:
            sentence = f"output (Output): {choice} needs two classes, received {self.classes}"
            raise ParamError.of({"output": sentence})
        self._afford(x.shape[-1] * self.classes)
        # Glorot whatever the activations are: He is for layers before a ReLU, and none follows the output.
        start = keras.initializers.GlorotUniform(seed=seed_of(self.seed, "output"))
        return keras.layers.Dense(
            1 if single else self.classes,
            activation=activation,
            kernel_initializer=start,
            kernel_regularizer=self._penalty(),
            name="output",
        )(x)

    def _activated(self, x: Tensor, layer: Any, activation: str | None, norm: bool) -> Tensor:
        """What follows a layer with weights. Without normalisation the activation is in the layer's row."""
        kind = activation or self.values["activation"]
        norm_position = self.values.get("batch_norm", "none") if norm else "none"
        # As Ioffe and Szegedy (2015) place it; the activation then cannot be in the layer itself.
        if norm_position == "before":
            x = self.norm(x)
            return x if kind == "linear" else self.act(x, kind)
        if kind == "leaky_relu":
            x = self.act(x, kind)
        else:
            layer.activation = keras.activations.get(kind)
        return self.norm(x) if norm_position == "after" else x

    def _weights(self, name: str, activation: str | None) -> Any:
        """He for activations with a corner, Glorot for the smooth ones."""
        smooth = (activation or self.values["activation"]) in _SMOOTH
        made = keras.initializers.GlorotUniform if smooth else keras.initializers.HeUniform
        return made(seed=seed_of(self.seed, name))

    def _penalty(self) -> Any:
        strength = self.values.get("l2", 0.0)
        return keras.regularizers.L2(strength) if strength else None

    def _afford(self, weights: int) -> None:
        """Refuse, before anything is taken, a network whose weights alone are more than the machine's memory."""
        self._weights_so_far += weights
        need, have = 4 * self._weights_so_far, psutil.virtual_memory().total
        if need > have:
            raise ParamError(
                "The network is too large for this machine",
                expected=f"weights of at most {have / 2**30:.1f} GiB",
                received=f"{need / 2**30:.1f} GiB",
                hint="Choose a smaller image size, fewer units, or global pooling instead of flattening",
            )

    def _name(self, kind: str) -> str:
        self._count[kind] += 1
        return f"{kind}_{self._count[kind]}"


def _spatial(layer: Any, x: Tensor) -> Tensor:
    """The layer's output; TooSmallError when nothing is left of the image.

    Keras refuses negative sizes with a ValueError, but lets some layers give a size of 0.
    """
    try:
        shape = layer.compute_output_shape(x.shape)
    except ValueError as error:
        raise TooSmallError(layer.name) from error
    if min(shape[1:3]) < 1:
        raise TooSmallError(layer.name)
    return layer(x)
