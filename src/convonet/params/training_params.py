"""How weights are changed, and by which loss."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from convonet.params.fields import param
from convonet.params.values import ParamModel

Optimizer = Literal["sgd", "adam", "adamw", "rmsprop"]
Schedule = Literal["constant", "exponential", "cosine", "one_cycle"]
WarmUpUnit = Literal["epochs", "batches"]
LossName = Literal["cross_entropy", "focal"]


class TrainingParams(ParamModel):
    """Groups Training, Loss and Scores."""

    optimizer: Optimizer = param(
        "sgd",
        "Optimizer",
        "Optimization algorithm. Adam needs less tuning; SGD with momentum often gives slightly better results.",
        group="Training",
        tunable=True,
    )
    init_rate: float | None = param(
        None,
        "Learning rate",
        "Learning rate at the start; for one_cycle, the highest. Decrease it when the loss jumps.",
        group="Training",
        gt=0,
        le=100,
        tunable=True,
        default_text="0.02 with sgd, else 0.001",
    )
    schedule: Schedule | None = param(
        None,
        "Schedule",
        "How the learning rate changes during training.",
        group="Training",
        tunable=True,
        default_text="exponential with sgd or if its decay is set, else constant",
    )
    decay_steps: int = param(
        400,
        "Decay steps",
        "Number of batches over which the exponential schedule applies its decay rate once.",
        group="Training",
        unit="batches",
        ge=1,
        le=10**9,
        tunable=True,
    )
    decay_rate: float = param(
        0.9,
        "Decay rate",
        "Factor by which the exponential schedule reduces the learning rate.",
        group="Training",
        gt=0,
        le=1,
        tunable=True,
    )
    end_rate: float = param(
        0.0,
        "Final rate",
        "Learning rate at the end of the cosine schedule.",
        group="Training",
        ge=0,
        le=100,
        tunable=True,
    )
    peak_share: float = param(
        0.3,
        "Peak of one_cycle",
        "For one_cycle: fraction of the batches after which the learning rate is highest.",
        group="Training",
        gt=0,
        lt=1,
        tunable=True,
    )
    warm_up: float = param(
        0.0,
        "Warm-up",
        "Number of epochs or batches over which the rate rises before the schedule begins.",
        group="Training",
        ge=0,
        le=10**6,
        tunable=True,
    )
    warm_up_unit: WarmUpUnit = param(
        "epochs", "Warm-up unit", "Unit of the warm-up: epochs or batches.", group="Training"
    )
    momentum: float = param(
        0.9, "Momentum", "Momentum of SGD (0–1).", group="Training", ge=0, lt=1, tunable=True
    )
    nesterov: bool = param(False, "Nesterov", "Nesterov momentum for SGD.", group="Training", tunable=True)
    weight_decay: float | None = param(
        None,
        "Weight decay",
        "Decoupled weight decay: each step subtracts this fraction of each weight, times the learning rate.",
        group="Training",
        ge=0,
        le=10,
        tunable=True,
        default_text="0.004 with adamw, else none",
    )
    clip_norm: float | None = param(
        None,
        "Gradient clipping",
        "Largest norm of the gradient over all weights; a larger gradient is scaled down. Set it, for example to "
        "1, when the loss jumps or explodes.",
        group="Training",
        gt=0,
        le=1e6,
        tunable=True,
        default_text="no limit",
    )
    weight_average: float = param(
        0.0,
        "Average weights",
        "Averages the weights over roughly this many recent epochs. 0 turns it off.",
        group="Training",
        unit="epochs",
        ge=0,
        le=1000,
        tunable=True,
    )
    epochs: int = param(
        10,
        "Epochs",
        "Number of passes over the training images.",
        group="Training",
        ge=1,
        le=100_000,
        tunable=True,
    )
    batch_size: int = param(
        64,
        "Batch size",
        "Number of images in a training step. Decrease it when memory runs out.",
        group="Training",
        unit="images",
        ge=1,
        le=65_536,
        tunable=True,
    )
    loss: LossName = param(
        "cross_entropy",
        "Loss",
        "Cross-entropy, or focal loss, which gives less weight to easy images.",
        group="Loss",
        tunable=True,
    )
    focal_gamma: float = param(
        2.0,
        "Focal gamma",
        "How strongly the focal loss reduces the weight of easy images (gamma).",
        group="Loss",
        ge=0,
        le=10,
        tunable=True,
    )
    label_smoothing: float = param(
        0.0,
        "Label smoothing",
        "Fraction of the target spread evenly over all classes (0–1). It makes the model less overconfident.",
        group="Loss",
        ge=0,
        lt=1,
        tunable=True,
    )
    balanced: bool = param(
        False,
        "Balance classes",
        "Weights each class by images / (classes · images of the class). Use it when classes are unbalanced.",
        group="Loss",
        tunable=True,
    )
    class_weights: dict[str, float] | None = param(
        None,
        "Class weights",
        'Weight of each class in the loss, such as {"NORMAL": 2}; default 1. balanced (Balance classes) '
        "computes them from the number of images.",
        group="Loss",
        default_text="1 for each",
    )
    top_k: int | None = param(
        None,
        "Top-k during training",
        "After each epoch, measures how often the true class of a validation image is among the k most likely classes.",
        group="Scores",
        ge=2,
        le=1000,
        default_text="not measured",
    )
    track_auc: bool = param(
        False,
        "AUC during training",
        "After each epoch, measures the area under the ROC curve on the validation images, averaged over classes.",
        group="Scores",
    )
    unknown_rate: float = param(
        0.05,
        "Known images rejected",
        "Fraction of images of known classes that may be wrongly reported as “none of these” (0–0.5). Decrease it when "
        "too many images of known classes are reported as unknown; 0 turns this off.",
        group="Scores",
        ge=0,
        le=0.5,
    )

    @field_validator("class_weights")
    @classmethod
    def _check_weights(cls, value: dict[str, float] | None) -> dict[str, float] | None:
        wrong = [name for name, weight in (value or {}).items() if not 0 <= weight <= 10**6]
        if wrong:
            raise ValueError(f"class_weights (Class weights): expected 0 to 1000000 for {', '.join(wrong)}")
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
        # Whoever sets a value of the decay wants it, also with an optimizer that has none by default.
        asked = self.is_set("decay_steps") or self.is_set("decay_rate")
        return "exponential" if asked or self.optimizer == "sgd" else "constant"
