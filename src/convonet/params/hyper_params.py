"""What the network is and how it is trained."""

from __future__ import annotations

from convonet.params.augment_params import AugmentParams
from convonet.params.computing_params import ComputingParams
from convonet.params.fields import param
from convonet.params.network_params import NetworkParams
from convonet.params.stopping_params import CALIBRATED_LOSS, StoppingParams
from convonet.params.training_params import TrainingParams
from convonet.params.transfer_params import FineTuneParams, TransferParams

MAX_SEED = 2**31 - 1


class HyperParams(
    AugmentParams,
    FineTuneParams,
    ComputingParams,
    StoppingParams,
    TrainingParams,
    TransferParams,
    NetworkParams,
):
    """One value for each hyperparameter. What is not set is left to the family and the optimizer.

    Forms and tables show the parents from the last to the first: the network, its training, its images.
    """

    seed: int = param(
        0,
        "Seed",
        "Random seed of the training: initial weights, order of images, dropout, augmentation.",
        group="Randomness",
        ge=0,
        le=MAX_SEED,
    )

    @property
    def extra_scores(self) -> tuple[str, ...]:
        """Scores of the validation images beside loss and accuracy, as the history names them."""
        auc = self.track_auc or "val_auc" in self.watched.values()
        calibrated = self.save_best == CALIBRATED_LOSS
        names = {"val_auc": auc, CALIBRATED_LOSS: calibrated, "val_top_k_accuracy": self.top_k is not None}
        return tuple(name for name, wanted in names.items() if wanted)
