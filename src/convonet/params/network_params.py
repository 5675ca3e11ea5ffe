"""What the network is: the parameters that families choose from.

Longer than usual: it is one list of declarations.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from convonet.errors import ParamError
from convonet.params.choices import Activation, BatchNorm, GlobalPooling, OutputChoice, Padding, Pooling
from convonet.params.custom_layers import LayerValues, layer_faults
from convonet.params.families import family_info
from convonet.params.fields import param
from convonet.params.values import ParamModel


class NetworkParams(ParamModel):
    """The network. What is not set is left to the family."""

    family: str = param(
        "convonet",
        "Network",
        "Network family; `convonet models` lists all families.",
        group="Network",
        tunable=True,
    )
    num_filters: int | None = param(
        None,
        "Filters",
        "Number of filters in each convolution.",
        group="Network",
        ge=1,
        le=4096,
        tunable=True,
        default_text="the family's default",
    )
    kernel_size: int | None = param(
        None,
        "Kernel size",
        "Side length of the convolution kernels, in pixels.",
        group="Network",
        unit="pixels",
        ge=1,
        le=31,
        tunable=True,
        default_text="the family's default",
    )
    num_units: int | None = param(
        None,
        "Units",
        "Number of units in the dense layer.",
        group="Network",
        ge=1,
        le=65_536,
        tunable=True,
        default_text="the family's default",
    )
    hidden_units: tuple[Annotated[int, Field(ge=1, le=65_536)], ...] | None = param(
        None,
        "Hidden layers",
        "Number of units in each hidden dense layer, such as 128-64.",
        group="Network",
        tunable=True,
        default_text="the family's default",
    )
    activation: Activation | None = param(
        None,
        "Activation",
        "Activation function of the hidden layers.",
        group="Network",
        tunable=True,
        default_text="the family's default",
    )
    drop_out: float | None = param(
        None,
        "Dropout",
        "Fraction of units dropped during training (0–1). Increase it when the model overfits.",
        group="Network",
        ge=0,
        lt=1,
        tunable=True,
        default_text="the family's default",
    )
    spatial_drop: bool | None = param(
        None,
        "Spatial dropout",
        "Dropout after convolutions drops whole feature maps instead of single values.",
        group="Network",
        tunable=True,
        default_text="the family's default",
    )
    padding: Padding | None = param(
        None,
        "Padding",
        "Padding of the convolutions: same keeps the size; valid uses no pixels outside the image.",
        group="Network",
        tunable=True,
        default_text="the family's default",
    )
    stride: int | None = param(
        None,
        "Stride",
        "Distance between positions of the convolution kernels, in pixels.",
        group="Network",
        unit="pixels",
        ge=1,
        le=16,
        tunable=True,
        default_text="the family's default",
    )
    pooling: Pooling | None = param(
        None,
        "Pooling",
        "How feature maps are reduced: by the maximum, by the average, or by a convolution with a stride.",
        group="Network",
        tunable=True,
        default_text="the family's default",
    )
    global_pooling: GlobalPooling | None = param(
        None,
        "Global pooling",
        "How the last feature maps become a vector: each is reduced to its average or maximum. With none, they are "
        "flattened.",
        group="Network",
        tunable=True,
        default_text="the family's default",
    )
    batch_norm: BatchNorm | None = param(
        None,
        "Batch normalization",
        "Batch normalization before or after the activation. It makes training faster and more stable.",
        group="Network",
        tunable=True,
        default_text="the family's default",
    )
    l2: float | None = param(
        None,
        "L2",
        "Strength of the L2 penalty on weights. Increase it when the model overfits.",
        group="Network",
        ge=0,
        le=10,
        tunable=True,
        default_text="the family's default",
    )
    leaky_slope: float | None = param(
        None,
        "Leaky slope",
        "Slope of leaky_relu below zero.",
        group="Network",
        ge=0,
        lt=1,
        tunable=True,
        default_text="the family's default",
    )
    num_blocks: int | None = param(
        None,
        "Blocks",
        "Number of residual blocks in each stage.",
        group="Network",
        ge=1,
        le=32,
        tunable=True,
        default_text="the family's default",
    )
    output: OutputChoice | None = param(
        None,
        "Output",
        "Output of the last layer: softmax probabilities or logits for each class; for two classes also one "
        "sigmoid or its logit.",
        group="Network",
        tunable=True,
        default_text="the family's default",
    )
    layers: tuple[LayerValues, ...] | None = param(
        None,
        "Layers",
        'Layers of the custom family, such as [{"type": "conv", "filters": 32}, {"type": "pool"}]; the output '
        "layer is added automatically.",
        group="Network",
        kind="layers",
        tunable=True,
        default_text="the family's default",
    )

    @field_validator("family")
    @classmethod
    def _check_family(cls, value: str) -> str:
        try:
            return family_info(value).name
        except ParamError as error:
            raise ValueError(error.faults["family"]) from error

    @field_validator("layers")
    @classmethod
    def _check_layers(cls, value: tuple[LayerValues, ...] | None) -> tuple[LayerValues, ...] | None:
        faults = [] if value is None else layer_faults(value)
        if faults:
            raise ValueError("; ".join(faults))
        return value
