"""TensorBoard: event files in a folder, written with PyTorch's SummaryWriter."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from convonet.text import local_path
from convonet.trackers.base import Tracker


class TensorBoard(Tracker):
    """Writes event files below a folder, one folder for each run.

    Args:
        folder: the folder to pass to `tensorboard --logdir`.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        super().__init__()
        self.folder = Path(local_path(folder))
        self._writer: SummaryWriter | None = None

    def begin(self, name: str, params: Mapping[str, Any]) -> None:
        """Open the event file and write the parameters as text."""
        self._path = self.folder / name
        self._writer = SummaryWriter(str(self._path))
        rows = "\n".join(
            f"| {key} | {json.dumps(value, ensure_ascii=False)} |" for key, value in params.items()
        )
        self._writer.add_text("parameters", f"| name | value |\n|---|---|\n{rows}")

    def log_metric(self, name: str, value: float, step: int) -> None:
        """Write a scalar, which TensorBoard keeps in 32 bits."""
        if self._writer is not None:
            self._writer.add_scalar(name, value, step)

    def log_figure(self, title: str, file: Path) -> None:
        """Write an image."""
        if self._writer is not None:
            with Image.open(file) as image:
                self._writer.add_image(title, np.asarray(image.convert("RGB")), dataformats="HWC")

    def log_trial(self, number: int, params: Mapping[str, Any], scores: Mapping[str, float]) -> None:
        """Write a row of the HParams dashboard, in a separate folder."""
        # add_hparams refuses lists and dictionaries.
        plain = {
            name: value if isinstance(value, (bool, int, float, str)) else json.dumps(value)
            for name, value in params.items()
        }
        with SummaryWriter(str(self._path / f"trial-{number:03d}")) as writer:
            # Without `run_name`, torch creates one more folder that is named after the time.
            writer.add_hparams(
                plain, {f"search/{name}": value for name, value in scores.items()}, run_name="."
            )

    def end(self, state: str) -> None:
        """Close the event file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
