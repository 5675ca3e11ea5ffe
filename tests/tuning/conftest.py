"""Small searches on made pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet.inference.net_input import NetInput
from convonet.params import DataParams, PixelParams, SearchSpace
from convonet.runs.trials import FoldKey
from convonet.tasks import TuneTask
from convonet.tuning.fold_data import FoldData
from convonet.tuning.messages import Message, UnitEnded
from convonet.tuning.units import Unit


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 noisy pictures of 8 × 8 in three class folders: a bright row, a bright column, nothing."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(5)
    for number in range(60):
        image, place = rng.integers(0, 120, (8, 8), dtype=np.uint8), rng.integers(8)
        name = ("row", "column", "none")[number % 3]
        if name == "row":
            image[place, :] = 255
        elif name == "column":
            image[:, place] = 255
        (folder / name).mkdir(exist_ok=True)
        Image.fromarray(image).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def task(pictures: Path) -> Callable[..., TuneTask]:
    """A search over the pictures; `space` and the fields of `TuneTask` can be given."""

    def make(space: dict[str, Any] | None = None, **options: Any) -> TuneTask:
        base = {"num_filters": 4, "num_units": 8, "batch_size": 8, "epochs": 2}
        data = DataParams.of({"train_dir": str(pictures), "image_size": 8})
        settings: dict[str, Any] = {"jobs": 1, "threads": 1, "folds": 2} | options
        return TuneTask(data=data, space=SearchSpace.of(base | (space or {})), **settings)

    return make


@pytest.fixture
def fold_data() -> FoldData:
    """40 random pictures in two classes, in memory."""
    images = np.random.default_rng(0).integers(0, 255, (40, 8, 8, 1), dtype=np.uint8)
    return FoldData(
        source=images,
        labels=np.arange(40) % 2,
        chosen=np.arange(40),
        net_input=NetInput(PixelParams(8, 8, 1), ("even", "odd")),
        folds=2,
        share=0.25,
        seed=0,
    )


class MadeExecutor:
    """Gives what a function answers to each unit, without training; remembers what it was given.

    Args:
        answer: the messages of a unit but for `UnitEnded`.
        jobs: units that are taken before the first is answered.
    """

    def __init__(self, answer: Callable[[Unit], list[Message]], jobs: int = 1) -> None:
        self.units: list[Unit] = []
        self.pruned: list[FoldKey] = []
        self._answer, self._jobs = answer, jobs
        self._waiting: list[Unit] = []
        self.closed = False

    def free(self) -> int:
        return self._jobs - len(self._waiting)

    def submit(self, unit: Unit) -> None:
        self.units.append(unit)
        self._waiting.append(unit)

    def wait(self, seconds: float) -> list[Message]:
        # The last one first: rows come in another order than they were asked for.
        unit = self._waiting.pop()
        return [*self._answer(unit), UnitEnded(unit.keys()[-1])]

    def prune(self, unit: FoldKey) -> None:
        self.pruned.append(unit)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def made_executor() -> Iterator[type[MadeExecutor]]:
    """The class, so that tests need not import this file."""
    return MadeExecutor
