"""What is learnt from another network: the backbone, the head on it, and the second phase that fine-tunes it."""

from __future__ import annotations

import os
from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from convonet.errors import ParamError
from convonet.params.aliases import BACKBONE_WORDS
from convonet.params.bases import base_info, is_model_file
from convonet.params.custom_layers import LayerValues, layer_faults
from convonet.params.fields import ParamValues, param
from convonet.params.values import ParamModel
from convonet.text import absolute, local_path


def anchored_file(value: Any) -> Any:
    """The absolute path of a file that is there; a name such as `local` stays as it is."""
    there = isinstance(value, str) and os.path.isfile(local_path(value))
    return absolute(value) if there else value


class TransferParams(ParamModel):
    """The backbone and the head of the family `transfer`."""

    base: str | None = param(
        None,
        "Backbone",
        "Pretrained network for transfer learning: a name that `convonet models` lists, or a .keras or .h5 file. "
        "Setting it selects the transfer family.",
        group="Network",
        tunable=True,
        default_text="the family's default",
    )
    base_weights: str | None = param(
        None,
        "Backbone weights",
        "Source of the weights: local (this machine; nothing is downloaded), fetch (downloaded once if missing), "
        "random, or a file.",
        group="Network",
        default_text="the family's default",
    )
    base_sha256: str | None = param(
        None,
        "Weights hash",
        "SHA-256 of the weights file or backbone file. A file with a different hash is refused.",
        group="Network",
        default_text="the published one, if there is one",
    )
    head: tuple[LayerValues, ...] | None = param(
        None,
        "Head",
        "Layers between the backbone and the output, of the same types as in the custom family.",
        group="Network",
        kind="layers",
        tunable=True,
        default_text="the family's default",
    )

    aliases = BACKBONE_WORDS

    def anchored(self) -> Self:
        """A copy with absolute paths of the backbone's files, which mean the same from every folder."""
        files = {name: anchored_file(getattr(self, name)) for name in ("base", "base_weights")}
        return self.changed(**{name: path for name, path in files.items() if path != getattr(self, name)})

    @model_validator(mode="before")
    @classmethod
    def _choose_family(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("base") is not None:
            # The person's values come last, so that a family that they name is not replaced.
            return {"family": "transfer"} | values
        return values

    @field_validator("base")
    @classmethod
    def _check_base(cls, value: str | None) -> str | None:
        try:
            return value if value is None or is_model_file(value) else base_info(value).name
        except ParamError as error:
            raise ValueError(error.faults["base"]) from error

    @field_validator("head")
    @classmethod
    def _check_head(cls, value: tuple[LayerValues, ...] | None) -> tuple[LayerValues, ...] | None:
        faults = [] if value is None else layer_faults(value, "head (Head)")
        if faults:
            raise ValueError("; ".join(faults))
        return value


HeadSolver = Literal["optimizer", "lbfgs"]


class FineTuneParams(ParamModel):
    """How the head is trained, and the second phase. The first has the epochs, rate and patience of every training."""

    head_solver: HeadSolver = param(
        "optimizer",
        "Head solver",
        "How the head is trained on the frozen backbone: by the optimizer over epochs, or by L-BFGS to "
        "convergence with a cross-validated L2 penalty. L-BFGS needs a head that consists only of pooling.",
        group="Fine-tuning",
    )
    fine_tune_epochs: int = param(
        0,
        "Fine-tuning epochs",
        "Number of epochs of a second phase that also trains the end of the backbone. 0 leaves the backbone frozen.",
        group="Fine-tuning",
        ge=0,
        le=100_000,
        tunable=True,
    )
    fine_tune_rate: float | None = param(
        None,
        "Fine-tuning rate",
        "Learning rate at the start of fine-tuning, usually 10 to 100 times smaller than the initial learning rate.",
        group="Fine-tuning",
        gt=0,
        le=100,
        tunable=True,
        default_text="a hundredth of the learning rate",
    )
    release: str = param(
        "1",
        "Unfrozen blocks",
        "Part of the backbone that fine-tuning trains: the number of blocks at its end, the name of the first block or "
        "layer, or all.",
        group="Fine-tuning",
        tunable=True,
    )
    train_norm: bool = param(
        False,
        "Train batch normalization",
        "Also trains the scale and shift of batch normalization in the unfrozen layers; its statistics stay fixed. "
        "PyTorch only.",
        group="Fine-tuning",
        tunable=True,
    )
    fine_tune_patience: int | None = param(
        None,
        "Fine-tuning patience",
        "Patience of early stopping during fine-tuning, in epochs.",
        group="Fine-tuning",
        unit="epochs",
        ge=1,
        le=100_000,
        default_text="same as in the first phase",
    )
    fine_tune_plateau_patience: int | None = param(
        None,
        "Fine-tuning plateau patience",
        "Patience of the plateau rule during fine-tuning, in epochs.",
        group="Fine-tuning",
        unit="epochs",
        ge=1,
        le=100_000,
        default_text="same as in the first phase",
    )

    def fine_tuning(self, rate: float, stop: int | None, plateau: int | None) -> ParamValues:
        """The second phase's own values of the fields that both phases have, given the first phase's."""
        return {
            "epochs": self.fine_tune_epochs,
            "init_rate": self.fine_tune_rate or rate / 100,
            "stop_patience": self.fine_tune_patience or stop,
            "plateau_patience": self.fine_tune_plateau_patience or plateau,
        }
