"""What the network is and how it is trained."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from convonet.params.choices import Activation, BatchNorm, GlobalPooling, OutputChoice, Padding, Pooling
from convonet.params.custom_layers import layer_faults
from convonet.params.fields import ParamModel, param

Optimizer = Literal["sgd", "adam", "adamw", "rmsprop"]
Schedule = Literal["constant", "exponential"]
Monitor = Literal["val_loss", "val_accuracy", "loss", "accuracy"]
SaveBest = Literal["none", "val_loss", "val_accuracy", "loss", "accuracy"]

MAX_SEED = 2**31 - 1


class HyperParams(ParamModel):
    """One value for each hyper parameter. What is not set is left to the family and the optimizer."""

    family: str = param(
        "convonet",
        "Network",
        "The kind of network; `convonet models` lists them.",
        group="Network",
        tunable=True,
    )
    num_filters: int | None = param(
        None,
        "Filters",
        "Filters of each convolution.",
        group="Network",
        ge=1,
        le=4096,
        tunable=True,
        default_text="the family's own",
    )
    kernel_size: int | None = param(
        None,
        "Kernel size",
        "Side of the convolution kernels.",
        group="Network",
        unit="pixels",
        ge=1,
        le=31,
        tunable=True,
        default_text="the family's own",
    )
    num_units: int | None = param(
        None,
        "Units",
        "Units of the dense layer.",
        group="Network",
        ge=1,
        le=65_536,
        tunable=True,
        default_text="the family's own",
    )
    hidden_units: tuple[int, ...] | None = param(
        None,
        "Hidden layers",
        "Units of each hidden dense layer, such as 128-64.",
        group="Network",
        ge=1,
        le=65_536,
        tunable=True,
        default_text="the family's own",
    )
    activation: Activation | None = param(
        None,
        "Activation",
        "Activation of the hidden layers.",
        group="Network",
        tunable=True,
        default_text="the family's own",
    )
    drop_out: float | None = param(
        None,
        "Dropout",
        "Share of the units that is dropped while training.",
        group="Network",
        ge=0,
        lt=1,
        tunable=True,
        default_text="the family's own",
    )
    spatial_drop: bool | None = param(
        None,
        "Drop whole maps",
        "Dropout of convolutions drops whole maps instead of single values.",
        group="Network",
        tunable=True,
        default_text="the family's own",
    )
    padding: Padding | None = param(
        None,
        "Padding",
        "Padding of the convolutions: same keeps the size, valid uses no pixel outside the image.",
        group="Network",
        tunable=True,
        default_text="the family's own",
    )
    stride: int | None = param(
        None,
        "Stride",
        "Pixels from one place of a convolution to the next.",
        group="Network",
        unit="pixels",
        ge=1,
        le=16,
        tunable=True,
        default_text="the family's own",
    )
    pooling: Pooling | None = param(
        None,
        "Pooling",
        "How maps are made smaller: by their maximum, their average, or a convolution with a stride that learns it.",
        group="Network",
        tunable=True,
        default_text="the family's own",
    )
    global_pooling: GlobalPooling | None = param(
        None,
        "Global pooling",
        "What the last maps become: none flattens them, average and max make one number of each.",
        group="Network",
        tunable=True,
        default_text="the family's own",
    )
    batch_norm: BatchNorm | None = param(
        None,
        "Batch normalisation",
        "Normalises over the batch before or after the activation.",
        group="Network",
        tunable=True,
        default_text="the family's own",
    )
    l2: float | None = param(
        None,
        "L2",
        "Strength of the penalty on large weights.",
        group="Network",
        ge=0,
        le=10,
        tunable=True,
        default_text="the family's own",
    )
    leaky_slope: float | None = param(
        None,
        "Leaky slope",
        "Slope of leaky_relu below zero.",
        group="Network",
        ge=0,
        lt=1,
        tunable=True,
        default_text="the family's own",
    )
    num_blocks: int | None = param(
        None,
        "Blocks",
        "Residual blocks of each stage.",
        group="Network",
        ge=1,
        le=32,
        tunable=True,
        default_text="the family's own",
    )
    output: OutputChoice | None = param(
        None,
        "Output",
        "What the last layer gives: softmax probabilities or logits for each class; for two classes also one "
        "sigmoid or its logit.",
        group="Network",
        tunable=True,
        default_text="the family's own",
    )
    layers: tuple[dict[str, Any], ...] | None = param(
        None,
        "Layers",
        'The rows of the family custom, such as [{"type": "conv", "filters": 32}, {"type": "pool"}]; the output '
        "layer is added.",
        group="Network",
        kind="layers",
        tunable=True,
        default_text="the family's own",
    )
    optimizer: Optimizer = param(
        "sgd", "Optimizer", "How weights are changed.", group="Training", tunable=True
    )
    init_rate: float | None = param(
        None,
        "Learning rate",
        "The learning rate at the start.",
        group="Training",
        gt=0,
        le=100,
        tunable=True,
        default_text="0.02 with sgd, else 0.001",
    )
    schedule: Schedule | None = param(
        None,
        "Schedule",
        "How the learning rate changes over the batches.",
        group="Training",
        tunable=True,
        default_text="exponential with sgd or when its decay is set, else constant",
    )
    decay_steps: int = param(
        400,
        "Decay steps",
        "Batches after which the exponential schedule has multiplied the rate once.",
        group="Training",
        unit="batches",
        ge=1,
        le=10**9,
        tunable=True,
    )
    decay_rate: float = param(
        0.9,
        "Decay rate",
        "What the exponential schedule multiplies the rate by.",
        group="Training",
        gt=0,
        le=1,
        tunable=True,
    )
    momentum: float = param(0.9, "Momentum", "Momentum of sgd.", group="Training", ge=0, lt=1, tunable=True)
    epochs: int = param(
        10,
        "Epochs",
        "How often every training image is shown.",
        group="Training",
        ge=1,
        le=100_000,
        tunable=True,
    )
    batch_size: int = param(
        64,
        "Batch size",
        "Images of one training step.",
        group="Training",
        unit="images",
        ge=1,
        le=65_536,
        tunable=True,
    )
    stop_patience: int | None = param(
        None,
        "Stop early after",
        "Ends training when the watched score has not improved for so many epochs.",
        group="Stopping",
        unit="epochs",
        ge=1,
        le=100_000,
        default_text="never",
    )
    stop_monitor: Monitor = param(
        "val_loss", "Stop watches", "The score that early stopping watches.", group="Stopping"
    )
    stop_min_delta: float = param(
        0.0, "Least improvement", "A smaller change is no improvement.", group="Stopping", ge=0, le=100
    )
    stop_restore_best: bool = param(
        True,
        "Best weights after stopping",
        "Early stopping gives the weights of its best epoch, not the last.",
        group="Stopping",
    )
    save_best: SaveBest = param(
        "none",
        "Keep the best epoch by",
        "The saved model is that of the best epoch by this score, not the last.",
        group="Stopping",
    )
    seed: int = param(
        0,
        "Seed",
        "Every draw of a training follows from it: weights, order, dropout.",
        group="Chance",
        ge=0,
        le=MAX_SEED,
    )

    @field_validator("layers")
    @classmethod
    def _check_layers(cls, value: tuple[dict[str, Any], ...] | None) -> tuple[dict[str, Any], ...] | None:
        faults = [] if value is None else layer_faults(value)
        if faults:
            raise ValueError("; ".join(faults))
        return value

    @property
    def rate(self) -> float:
        """The learning rate at the start, with the optimizer's usual one where none was set."""
        if self.init_rate is not None:
            return self.init_rate
        return 0.02 if self.optimizer == "sgd" else 0.001

    @property
    def schedule_name(self) -> Schedule:
        """The schedule, with the default's meaning resolved."""
        if self.schedule is not None:
            return self.schedule
        asked = self.is_set("decay_steps") or self.is_set("decay_rate")
        return "exponential" if asked or self.optimizer == "sgd" else "constant"
