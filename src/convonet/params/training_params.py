"""How weights are changed, by which loss, and when training slows down or ends.

Longer than usual: it is one list of declarations.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import field_validator

from convonet.params.fields import param
from convonet.params.values import ParamModel

Optimizer = Literal["sgd", "adam", "adamw", "rmsprop"]
Schedule = Literal["constant", "exponential", "cosine", "one_cycle"]
WarmUpUnit = Literal["epochs", "batches"]
LossName = Literal["cross_entropy", "focal"]
Precision = Literal["float32", "bfloat16", "float16"]
Monitor = Literal["val_loss", "val_accuracy", "val_auc", "loss", "accuracy"]
SaveBest = Literal["none", "val_loss", "val_calibrated_loss", "val_accuracy", "val_auc", "loss", "accuracy"]

CALIBRATED_LOSS = "val_calibrated_loss"
"""The validation loss after the temperature that suits it best: an epoch that is too sure is not a worse one."""
TargetMetric = Literal["accuracy", "val_accuracy"]
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,2})?")


class TrainingParams(ParamModel):
    """Groups Training, Loss, Scores, Stopping and Computing."""

    optimizer: Optimizer = param(
        "sgd", "Optimizer", "How weights are changed.", group="Training", tunable=True
    )
    init_rate: float | None = param(
        None,
        "Learning rate",
        "The learning rate at the start; of one_cycle, the highest.",
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
        default_text="exponential with sgd or a decay, else constant",
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
    end_rate: float = param(
        0.0, "Last rate", "Where the cosine schedule ends.", group="Training", ge=0, le=100, tunable=True
    )
    peak_share: float = param(
        0.3,
        "Peak of one_cycle",
        "Share of the batches after which the rate is highest.",
        group="Training",
        gt=0,
        lt=1,
        tunable=True,
    )
    warm_up: float = param(
        0.0,
        "Warm-up",
        "The rate rises evenly over so many epochs or batches, before the schedule begins.",
        group="Training",
        ge=0,
        le=10**6,
        tunable=True,
    )
    warm_up_unit: WarmUpUnit = param(
        "epochs", "Warm-up counts", "What the warm-up is counted in.", group="Training"
    )
    momentum: float = param(0.9, "Momentum", "Momentum of sgd.", group="Training", ge=0, lt=1, tunable=True)
    nesterov: bool = param(
        False, "Nesterov", "sgd looks ahead along its momentum.", group="Training", tunable=True
    )
    weight_decay: float | None = param(
        None,
        "Weight decay",
        "Share of each weight, times the rate, that is taken off in each step.",
        group="Training",
        ge=0,
        le=10,
        tunable=True,
        default_text="0.004 with adamw, else none",
    )
    clip_norm: float | None = param(
        None,
        "Gradient clipping",
        "Largest length of the gradient of all weights together; longer ones are shortened to it. Set it, for example "
        "to 1, when the loss jumps or explodes.",
        group="Training",
        gt=0,
        le=1e6,
        tunable=True,
        default_text="no limit",
    )
    weight_average: float = param(
        0.0,
        "Average the weights",
        "The model has the mean of the weights over about so many last epochs; 0: the last weights themselves.",
        group="Training",
        unit="epochs",
        ge=0,
        le=1000,
        tunable=True,
    )
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
    loss: LossName = param(
        "cross_entropy",
        "Loss",
        "Cross-entropy, or focal, which looks away from images that are answered surely.",
        group="Loss",
        tunable=True,
    )
    focal_gamma: float = param(
        2.0, "Focus", "How strongly the focal loss looks away.", group="Loss", ge=0, le=10, tunable=True
    )
    label_smoothing: float = param(
        0.0,
        "Label smoothing",
        "Share of the truth that is spread evenly over all classes.",
        group="Loss",
        ge=0,
        lt=1,
        tunable=True,
    )
    balanced: bool = param(
        False,
        "Balance classes",
        "Images of rare classes weigh more: images / (classes · images of the class).",
        group="Loss",
        tunable=True,
    )
    class_weights: dict[str, float] | None = param(
        None,
        "Class weights",
        'Weights by hand, such as {"NORMAL": 2}; classes that are left out weigh 1. From the counts: balanced=true.',
        group="Loss",
        default_text="all weigh 1",
    )
    top_k: int | None = param(
        None,
        "Top-k while training",
        "After each epoch: how often the truth is among the k likeliest validation answers.",
        group="Scores",
        ge=2,
        le=1000,
        default_text="not measured",
    )
    track_auc: bool = param(
        False,
        "AUC while training",
        "After each epoch: the area under the ROC curve on the validation images, the classes' mean.",
        group="Scores",
    )
    unknown_rate: float = param(
        0.05,
        "False alarms",
        "Fraction of images of known classes that may be taken for none of the classes (0–0.5). Decrease it when too "
        "many good images are called unknown; 0 turns the answer off.",
        group="Scores",
        ge=0,
        le=0.5,
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
    save_best: SaveBest | None = param(
        None,
        "Keep the best epoch by",
        "Which epoch the saved model is from: the best one by this score, or with none the last one.",
        group="Stopping",
        default_text="val_loss; the last epoch without validation",
    )
    target: float | None = param(
        None,
        "Stop at",
        "Ends training after the first epoch whose score is at or above the target.",
        group="Stopping",
        gt=0,
        le=1,
        tunable=True,
        default_text="no target",
    )
    target_metric: TargetMetric = param(
        "val_accuracy", "Target is", "The score that has to reach the target.", group="Stopping"
    )
    plateau_patience: int | None = param(
        None,
        "Lower the rate after",
        "Multiplies the rate by its factor when the watched score has not improved for so many epochs.",
        group="Stopping",
        unit="epochs",
        ge=1,
        le=100_000,
        default_text="never",
    )
    plateau_monitor: Monitor = param(
        "val_loss", "Plateau watches", "The score whose plateau lowers the rate.", group="Stopping"
    )
    plateau_factor: float = param(
        0.5, "Plateau factor", "What a plateau multiplies the rate by.", group="Stopping", gt=0, lt=1
    )
    plateau_min_delta: float = param(
        0.0, "Plateau tolerance", "A smaller change is no improvement.", group="Stopping", ge=0, le=100
    )
    min_rate: float = param(
        1e-6, "Least rate", "A plateau lowers the rate no further.", group="Stopping", ge=0, le=100
    )
    time_limit: float | None = param(
        None,
        "Time limit",
        "Ends training after so many seconds; the epoch under way is cut short and kept.",
        group="Stopping",
        unit="seconds",
        gt=0,
        le=10**8,
        default_text="none",
    )
    nan_guard: bool = param(
        True,
        "Guard against NaN",
        "When the loss is no longer a number, training goes back to the start of the epoch with half the rate.",
        group="Stopping",
    )

    device: str = param(
        "auto",
        "Device",
        "What the network is trained on: auto takes the GPU where there is one. Or cpu, cuda (a GPU of NVIDIA), cuda:1 "
        "(the second one), mps (Apple).",
        group="Computing",
    )
    precision: Precision = param(
        "float32",
        "Precision",
        "What the network computes with while it is trained; weights, loss and scores stay in float32. bfloat16 is "
        "faster on newer GPUs and processors, float16 on GPUs alone; both change the numbers slightly.",
        group="Computing",
    )

    workers: int = param(
        1,
        "Processes",
        "Processes that compute each batch together, each with its share of the threads. Increase it on a machine "
        "with many cores. Other numbers give other last digits.",
        group="Computing",
        ge=1,
        le=64,
    )

    @field_validator("device")
    @classmethod
    def _check_device(cls, value: str) -> str:
        if not _DEVICE.fullmatch(value):
            raise ValueError(f"device (Device): expected auto, cpu, cuda, cuda:N or mps, received {value!r}")
        return value

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
        asked = self.is_set("decay_steps") or self.is_set("decay_rate")
        return "exponential" if asked or self.optimizer == "sgd" else "constant"

    @property
    def watched(self) -> dict[str, str]:
        """Which score each rule that is switched on looks at, by the name of the rule's field."""
        asked = {
            "stop_monitor": self.stop_monitor if self.stop_patience else "none",
            "plateau_monitor": self.plateau_monitor if self.plateau_patience else "none",
            "save_best": self.save_best or "none",
            "target_metric": self.target_metric if self.target is not None else "none",
        }
        return {name: score for name, score in asked.items() if score != "none"}

    @property
    def extra_scores(self) -> tuple[str, ...]:
        """Scores of the validation images beside loss and accuracy, as the history names them."""
        auc = self.track_auc or "val_auc" in self.watched.values()
        calibrated = self.save_best == CALIBRATED_LOSS
        names = {"val_auc": auc, CALIBRATED_LOSS: calibrated, "val_top_k_accuracy": self.top_k is not None}
        return tuple(name for name, wanted in names.items() if wanted)
