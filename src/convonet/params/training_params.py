"""How weights are changed, by which loss, and when training slows down or ends.

Longer than usual: it is one list of declarations.
"""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from convonet.params.fields import param
from convonet.params.values import ParamModel

Optimizer = Literal["sgd", "adam", "adamw", "rmsprop"]
Schedule = Literal["constant", "exponential", "cosine", "one_cycle"]
WarmUpUnit = Literal["epochs", "batches"]
LossName = Literal["cross_entropy", "focal"]
Monitor = Literal["val_loss", "val_accuracy", "val_auc", "loss", "accuracy"]
SaveBest = Literal["none", "val_loss", "val_calibrated_loss", "val_accuracy", "val_auc", "loss", "accuracy"]
TargetMetric = Literal["accuracy", "val_accuracy"]

CALIBRATED_LOSS = "val_calibrated_loss"
"""The validation loss after the temperature that suits it best: an epoch that is too sure is not a worse one."""


class TrainingParams(ParamModel):
    """Groups Training, Loss, Scores and Stopping."""

    optimizer: Optimizer = param(
        "sgd",
        "Optimizer",
        "Optimization algorithm. Adam needs less tuning; SGD with momentum often ends a little better.",
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
        default_text="exponential with sgd or a decay, else constant",
    )
    decay_steps: int = param(
        400,
        "Decay steps",
        "Number of batches after which the exponential schedule has applied its decay rate once.",
        group="Training",
        unit="batches",
        ge=1,
        le=10**9,
        tunable=True,
    )
    decay_rate: float = param(
        0.9,
        "Decay rate",
        "Factor of the exponential schedule.",
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
        "Fraction of the batches after which the rate is highest.",
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
        "Decoupled weight decay: the fraction of each weight, times the learning rate, subtracted in each step.",
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
        "Averages the weights over roughly this many final epochs. 0 keeps the last weights.",
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
        'Weight of each class in the loss, such as {"NORMAL": 2}; default 1. Balance classes computes them from the '
        "number of images.",
        group="Loss",
        default_text="1 for each",
    )
    top_k: int | None = param(
        None,
        "Top-k during training",
        "Measures after each epoch how often the true class is among the k most likely ones on validation images.",
        group="Scores",
        ge=2,
        le=1000,
        default_text="not measured",
    )
    track_auc: bool = param(
        False,
        "AUC during training",
        "Measures after each epoch the area under the ROC curve on validation images, averaged over classes.",
        group="Scores",
    )
    unknown_rate: float = param(
        0.05,
        "False alarms",
        "Fraction of images of known classes that may be wrongly reported as none of these (0–0.5). Decrease it when "
        "too many good images are reported as unknown; 0 turns this off.",
        group="Scores",
        ge=0,
        le=0.5,
    )
    stop_patience: int | None = param(
        None,
        "Early stopping patience",
        "Number of epochs without improvement after which training ends.",
        group="Stopping",
        unit="epochs",
        ge=1,
        le=100_000,
        default_text="never",
    )
    stop_monitor: Monitor = param(
        "val_loss", "Early stopping metric", "Metric that early stopping monitors.", group="Stopping"
    )
    stop_min_delta: float = param(
        0.0,
        "Minimum improvement",
        "Smallest change that counts as an improvement.",
        group="Stopping",
        ge=0,
        le=100,
    )
    stop_restore_best: bool = param(
        True,
        "Restore best weights",
        "Early stopping restores the weights of the best epoch.",
        group="Stopping",
    )
    save_best: SaveBest | None = param(
        None,
        "Best epoch metric",
        "Saves the model of the epoch that is best by this metric; none saves the model of the last epoch.",
        group="Stopping",
        default_text="val_loss; without validation, the last epoch",
    )
    target: float | None = param(
        None,
        "Target",
        "Ends training after the first epoch whose metric reaches this value.",
        group="Stopping",
        gt=0,
        le=1,
        tunable=True,
        default_text="no target",
    )
    target_metric: TargetMetric = param(
        "val_accuracy", "Target metric", "Metric that must reach the target.", group="Stopping"
    )
    plateau_patience: int | None = param(
        None,
        "Plateau patience",
        "Number of epochs without improvement after which the learning rate is reduced.",
        group="Stopping",
        unit="epochs",
        ge=1,
        le=100_000,
        default_text="never",
    )
    plateau_monitor: Monitor = param(
        "val_loss", "Plateau metric", "Metric whose plateau reduces the learning rate.", group="Stopping"
    )
    plateau_factor: float = param(
        0.5,
        "Plateau factor",
        "Factor by which a plateau reduces the learning rate (0–1).",
        group="Stopping",
        gt=0,
        lt=1,
    )
    plateau_min_delta: float = param(
        0.0,
        "Plateau tolerance",
        "Smallest change that counts as an improvement.",
        group="Stopping",
        ge=0,
        le=100,
    )
    min_rate: float = param(
        1e-6,
        "Minimum rate",
        "Lower bound of the learning rate after plateaus.",
        group="Stopping",
        ge=0,
        le=100,
    )
    time_limit: float | None = param(
        None,
        "Time limit",
        "Ends training after this number of seconds. The current epoch is cut short and kept.",
        group="Stopping",
        unit="seconds",
        gt=0,
        le=10**8,
        default_text="none",
    )
    nan_guard: bool = param(
        True,
        "NaN guard",
        "When the loss becomes NaN or explodes, repeats the epoch with half the learning rate.",
        group="Stopping",
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
