"""A checkpoint: all that is needed to go on with the same numbers, in one file that is whole or not there.

It is a NumPy archive (read without unpickling): the arrays of weights, optimizer and best weights, and a
JSON text with the position, partial sums, history and the rules' state.
"""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from convonet.atomic import replacing
from convonet.errors import TrainingError
from convonet.events import CheckpointSaved, Watch
from convonet.nets.backend import numbers
from convonet.training.averaging import WeightAverage
from convonet.training.rules import RulesState

CHECKPOINT_VERSION = 1
_SAVE_SECONDS = 30.0
_SAVE_FRACTION = 0.05
"""Inside an epoch checkpoints are at least so far apart, and take at most this fraction of the time."""

_GROUPS = ("weights", "optimizer", "average")
_CORRECT = "right"
"""What the file calls the count of correct answers, in every version."""


@dataclass
class Position:
    """Where a training stands.

    Attributes:
        epoch: the epoch that is being trained, from 1.
        step: batches of it that are done.
        loss_sum, correct: sums over the images of the epoch so far.
        history: rows of the finished epochs.
        history_bytes: size of `history.csv` that belongs to this position.
        rules: state of the rules by name.
        ended: why training is over, empty while it is not.
        train_seconds, train_images: time spent in steps and images trained in it, for the speed.
        spent: seconds of training so far, for the time limit.
        rate_scale: what plateaus, the guard and callbacks have made of the schedule's rates.
        batch_size: images of the steps that are counted; 0 before the first.
        first_loss: of the first batch, before anything was learnt; 0 before it.
        recent: losses of the last batches of the epoch, for the guard.
        began_bad: the loss had already exploded when the epoch began.
        restores: how often the guard has lowered the rate since an epoch last ended well.
        step_state: what the step keeps beside weights and sums, such as the scale of a loss in float16.
        epochs: how long training is where that was changed on the way; 0: what the hyperparameters say.
    """

    epoch: int = 1
    step: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    history_bytes: int = 0
    rules: RulesState = field(default_factory=RulesState)
    ended: str = ""
    train_seconds: float = 0.0
    train_images: int = 0
    spent: float = 0.0
    rate_scale: float = 1.0
    batch_size: int = 0
    first_loss: float = 0.0
    recent: list[float] = field(default_factory=list)
    began_bad: bool = False
    restores: int = 0
    step_state: dict[str, float] = field(default_factory=dict)
    epochs: int = 0

    def begin_epoch(self, epoch: int) -> None:
        """Stand before the first batch of an epoch."""
        self.epoch, self.step = epoch, 0
        self.loss_sum, self.correct, self.recent = 0.0, 0, []


@dataclass(frozen=True)
class Snapshot:
    """The arrays of a network, its optimizer and, where one is kept, the mean of its weights."""

    weights: list[np.ndarray]
    optimizer: list[np.ndarray]
    average: list[np.ndarray] = field(default_factory=list)

    @classmethod
    def take(cls, model: Any, optimizer: Any, average: WeightAverage | None = None) -> Snapshot:
        """A copy of what they are now."""
        return cls(
            [np.array(numbers(variable)) for variable in model.weights],
            [np.array(numbers(variable)) for variable in optimizer.variables],
            [] if average is None else average.state(),
        )

    def put_into(self, model: Any, optimizer: Any, average: WeightAverage | None = None) -> None:
        """Make them what they were."""
        model.set_weights(self.weights)
        if average is not None:
            average.restore(self.average)
        for variable, value in zip(optimizer.variables, self.optimizer, strict=True):
            variable.assign(value)

    def groups(self, prefix: str) -> dict[str, list[np.ndarray]]:
        """The arrays by what they are."""
        return {f"{prefix}{name}": getattr(self, name) for name in _GROUPS}

    @classmethod
    def of(cls, groups: dict[str, list[np.ndarray]], prefix: str) -> Snapshot:
        """The reverse of `groups`; a checkpoint from before there were means has none."""
        return cls(*(groups.get(f"{prefix}{name}", []) for name in _GROUPS))


@dataclass(frozen=True)
class Checkpoint:
    """Position and arrays.

    Attributes:
        now: as they are at the position.
        good: as they were at the start of the epoch, where the position is inside one and the guard may go back.
        best: weights of the best epoch so far, where they are kept.
    """

    position: Position
    now: Snapshot
    good: Snapshot | None = None
    best: list[np.ndarray] | None = None

    def groups(self) -> dict[str, list[np.ndarray]]:
        """Every array, by what it is."""
        groups = self.now.groups("")
        if self.good is not None:
            groups |= self.good.groups("good_")
        return groups if self.best is None else groups | {"best": self.best}


class CheckpointFile:
    """The one checkpoint of a run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Whether there is something to go on from."""
        return self.path.exists()

    def save(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint, whole or not at all."""
        groups = checkpoint.groups()
        meta = {
            "format_version": CHECKPOINT_VERSION,
            "position": _renamed(asdict(checkpoint.position), "correct", _CORRECT),
            "counts": {name: len(arrays) for name, arrays in groups.items()},
        }
        every = [array for arrays in groups.values() for array in arrays]
        # As bytes: an array of text has four of them per character.
        text = np.frombuffer(json.dumps(meta).encode("utf-8"), dtype=np.uint8)
        members = {"meta": text} | {f"a{index}": array for index, array in enumerate(every)}
        with replacing(self.path) as temporary, temporary.open("wb") as file:
            # NumPy before 2.2 keeps allow_pickle as one more array, so it is not passed.
            np.savez(file, **members)

    def load(self) -> Checkpoint:
        """Read it back.

        Raises:
            TrainingError: damaged, or of another version.
        """
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                meta = json.loads(archive["meta"].tobytes().decode("utf-8"))
                arrays = [archive[f"a{index}"] for index in range(sum(meta["counts"].values()))]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise TrainingError(
                "The checkpoint cannot be read", where=self.path, reason=str(error)
            ) from error
        # Going on from a half-understood state would give other numbers without a word.
        if meta["format_version"] != CHECKPOINT_VERSION:
            raise TrainingError("The checkpoint has a different format version", where=self.path)
        groups: dict[str, list[np.ndarray]] = {}
        for name, count in meta["counts"].items():
            groups[name], arrays = arrays[:count], arrays[count:]
        good = Snapshot.of(groups, "good_") if "good_weights" in groups else None
        position = Position(**_renamed(meta["position"], _CORRECT, "correct"))
        return Checkpoint(position, Snapshot.of(groups, ""), good, groups.get("best"))


class CheckpointWriter:
    """Writes a run's checkpoint, and says when one is due inside a long epoch.

    Args:
        file: where to; None keeps nothing.
        watch: is told of each checkpoint.
    """

    def __init__(self, file: CheckpointFile | None, watch: Watch) -> None:
        self._file, self._watch = file, watch
        self._saved_at, self._cost = time.monotonic(), 0.0

    @property
    def keeps(self) -> bool:
        """Whether checkpoints are written at all."""
        return self._file is not None

    @property
    def is_due(self) -> bool:
        """Whether so much work would be lost that it is worth the time that the last checkpoint took."""
        pause = max(_SAVE_SECONDS, self._cost / _SAVE_FRACTION)
        return self.keeps and time.monotonic() - self._saved_at > pause

    def save(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint, whole or not at all."""
        if self._file is None:
            return
        started = time.monotonic()
        self._file.save(checkpoint)
        self._saved_at = time.monotonic()
        self._cost = self._saved_at - started
        position = checkpoint.position
        self._watch.tell(CheckpointSaved(epoch=position.epoch, step=position.step))


def _renamed(values: Mapping[str, Any], old: str, new: str) -> Mapping[str, Any]:
    return {new if name == old else name: value for name, value in values.items()}
