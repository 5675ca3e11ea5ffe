"""When training slows down or ends, and which epoch is kept."""

from __future__ import annotations

from typing import Literal

from convonet.params.fields import param
from convonet.params.values import ParamModel

Monitor = Literal["val_loss", "val_accuracy", "val_auc", "loss", "accuracy"]
SaveBest = Literal["none", "val_loss", "val_calibrated_loss", "val_accuracy", "val_auc", "loss", "accuracy"]
TargetMetric = Literal["accuracy", "val_accuracy"]

CALIBRATED_LOSS = "val_calibrated_loss"
"""The validation loss after the temperature that suits it best: an epoch that is too sure is not a worse one."""


class StoppingParams(ParamModel):
    """Group Stopping."""

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
        "Saves the model of the epoch that is best by this metric. With none, it is the model of the last epoch.",
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
        "When the loss becomes NaN or explodes, repeats the epoch with half the learning rate, then with less.",
        group="Stopping",
    )

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
