"""What the network is and how it is trained."""

from __future__ import annotations

from convonet.params.augment_params import AugmentParams
from convonet.params.computing_params import ComputingParams
from convonet.params.fields import param
from convonet.params.network_params import NetworkParams
from convonet.params.training_params import TrainingParams
from convonet.params.transfer_params import FineTuneParams, TransferParams

MAX_SEED = 2**31 - 1


class HyperParams(
    AugmentParams, FineTuneParams, ComputingParams, TrainingParams, TransferParams, NetworkParams
):
    """One value for each hyperparameter. What is not set is left to the family and the optimizer.

    Forms and tables show the parents from the last to the first: the network, its training, its images.
    """

    seed: int = param(
        0,
        "Seed",
        "Seed for all random numbers in training: initial weights, order of images, dropout, augmentation.",
        group="Randomness",
        ge=0,
        le=MAX_SEED,
    )
