"""A checkpoint: all that is needed to go on with the same numbers, in one file that is whole or not there.

It is a NumPy archive (read without unpickling): the arrays of weights, optimizer and best weights, and a
JSON text with the position, partial sums, history and the rules' state.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from convonet.atomic import replacing
from convonet.errors import TrainingError

CHECKPOINT_VERSION = 1


@dataclass
class Position:
    """Where a training stands.

    Attributes:
        epoch: the epoch that is being trained, from 1.
        step: batches of it that are done.
        loss_sum, right: sums over the images of the epoch so far.
        history: rows of the finished epochs.
        history_bytes: size of `history.csv` that belongs to this position.
        rules: state of the rules by name.
        ended: why training is over, empty while it is not.
        train_seconds, train_images: time spent in steps and images trained in it, for the speed.
    """

    epoch: int = 1
    step: int = 0
    loss_sum: float = 0.0
    right: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    history_bytes: int = 0
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: str = ""
    train_seconds: float = 0.0
    train_images: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """Position and arrays. `best` is None while no best weights are kept."""

    position: Position
    weights: list[np.ndarray]
    optimizer: list[np.ndarray]
    best: list[np.ndarray] | None = None


class CheckpointFile:
    """The one checkpoint of a run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Whether there is something to go on from."""
        return self.path.exists()

    def save(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint, whole or not at all."""
        meta = {"format_version": CHECKPOINT_VERSION, "position": asdict(checkpoint.position)}
        meta["counts"] = [len(checkpoint.weights), len(checkpoint.optimizer)]
        meta["best"] = checkpoint.best is not None
        arrays = [*checkpoint.weights, *checkpoint.optimizer, *(checkpoint.best or [])]
        named: dict[str, Any] = {f"a{place}": array for place, array in enumerate(arrays)}
        text = np.frombuffer(json.dumps(meta).encode("utf-8"), dtype=np.uint8)
        with replacing(self.path) as temporary, temporary.open("wb") as file:
            np.savez(file, meta=text, **named)

    def load(self) -> Checkpoint:
        """Read it back.

        Raises:
            TrainingError: damaged, or of another version.
        """
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                meta = json.loads(archive["meta"].tobytes().decode("utf-8"))
                arrays = [archive[f"a{place}"] for place in range(len(archive.files) - 1)]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise TrainingError(
                "The checkpoint cannot be read", where=self.path, received=str(error)
            ) from error
        if meta["format_version"] != CHECKPOINT_VERSION:
            raise TrainingError("The checkpoint is of another version", where=self.path)
        weights, optimizer = meta["counts"]
        best = arrays[weights + optimizer :] if meta["best"] else None
        return Checkpoint(
            Position(**meta["position"]), arrays[:weights], arrays[weights : weights + optimizer], best
        )
