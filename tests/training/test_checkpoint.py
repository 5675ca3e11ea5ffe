"""What a checkpoint's archive holds: arrays of numbers alone, so that reading it never needs pickle."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convonet.errors import Cancelled, TrainingError
from convonet.events import Watch
from convonet.nets.net_model import NetModel
from convonet.params import HyperParams
from convonet.training.checkpoint import Checkpoint, CheckpointFile, Position, Snapshot
from convonet.training.net_training import ImageRows, NetTraining

SMALL = {"num_filters": 4, "num_units": 8, "epochs": 2, "batch_size": 8, "batch_norm": "before"}
KEPT = Checkpoint(Position(epoch=2), Snapshot([np.ones(3, np.float32)], [np.array(9)]))


@pytest.mark.parametrize(
    ("optimizer", "precision"),
    [("sgd", "float32"), ("adam", "bfloat16"), ("adamw", "float32"), ("rmsprop", "float32")],
)
def test_a_training_saves_numbers_alone(
    create: Callable[[HyperParams], NetModel],
    rows: tuple[ImageRows, ImageRows],
    checkpoint: Path,
    stopping: Callable[[int], Watch],
    optimizer: str,
    precision: str,
) -> None:
    values = {"optimizer": optimizer, "precision": precision, "weight_average": 1.5, "drop_out": 0.3}
    hyper = HyperParams.of(SMALL | values)
    with pytest.raises(Cancelled):
        NetTraining(create(hyper), hyper, CheckpointFile(checkpoint)).train_val(*rows, stopping(9))
    with np.load(checkpoint, allow_pickle=False) as archive:
        held = {name: archive[name].dtype.kind for name in archive.files}
        counts = json.loads(archive["meta"].tobytes())["counts"]
    assert set(held) == {"meta", *(f"a{index}" for index in range(sum(counts.values())))}
    assert min(counts[name] for name in ("weights", "optimizer", "average", "best")) > 0
    assert set(held.values()) <= set("biuf")


def test_a_checkpoint_in_which_numpy_kept_its_flag_is_read(tmp_path: Path) -> None:
    """NumPy 2.1 kept `allow_pickle` as one more array, last."""
    file = CheckpointFile(tmp_path / "c.npz")
    file.save(KEPT)
    with zipfile.ZipFile(file.path, "a") as archive, archive.open("allow_pickle.npy", "w") as member:
        np.lib.format.write_array(member, np.array(False))
    again = file.load()
    assert again.position == KEPT.position
    assert np.array_equal(again.now.weights[0], np.ones(3))
    assert again.now.optimizer[0] == 9


class _Code:
    """Unpickling it makes a file."""

    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.made,)


def test_objects_in_a_checkpoint_are_not_unpickled(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    objects = np.array([_Code(mark)], dtype=object)
    pickle.loads(pickle.dumps(objects))
    assert mark.exists()
    mark.unlink()
    file = CheckpointFile(tmp_path / "c.npz")
    file.save(Checkpoint(Position(), Snapshot([objects], [])))
    with pytest.raises(TrainingError, match="cannot be read"):
        file.load()
    assert not mark.exists()
