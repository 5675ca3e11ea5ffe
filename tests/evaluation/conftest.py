from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convonet.data.data_prep import PreparedSet
from convonet.data.listing import ImageListing, Skipped
from convonet.evaluation.evaluation import Evaluation, score
from convonet.events import Watch
from convonet.inference.decision import Decision
from convonet.inference.model_info import ModelInfo
from convonet.inference.unknown import Scored
from convonet.params.data_params import PixelParams


class TablePredictor:
    """Answers with the row of a table that the first pixel of the image names."""

    def __init__(self, info: ModelInfo, table: np.ndarray) -> None:
        self.info = info
        self.table = table.astype(np.float32)
        self.batches: list[int] = []

    def predict(self, images: np.ndarray, *, batch_size: int = 256, watch: Watch | None = None) -> np.ndarray:
        if watch is not None:
            watch.check()
        assert len(images) <= batch_size
        self.batches.append(len(images))
        return self.table[images[:, 0, 0, 0]]

    def predict_scored(self, images: np.ndarray, **options: Any) -> Scored:
        return Scored(self.predict(images, **options), None)


@pytest.fixture
def predictor() -> Callable[..., TablePredictor]:
    """Make a model that answers image i of `prepared` with row i of a table of probabilities."""

    def make(classes: Sequence[str], table: Any, **info: Any) -> TablePredictor:
        pixels = info.pop("pixels", PixelParams(4, 5, 1))
        return TablePredictor(ModelInfo(tuple(classes), pixels, **info), np.array(table, dtype=np.float64))

    return make


@pytest.fixture
def prepared() -> Callable[..., PreparedSet]:
    """Make a prepared set with these labels; the first pixel of image i is i."""

    def make(classes: Sequence[str], labels: Sequence[int], skipped: Sequence[Any] = ()) -> PreparedSet:
        images = np.zeros((len(labels), 4, 5, 1), dtype=np.uint8)
        images[:, 0, 0, 0] = np.arange(len(labels))
        listing = ImageListing(
            Path("set"),
            tuple(classes),
            tuple(f"{classes[label]}/{i}.png" for i, label in enumerate(labels)),
            np.array(labels, dtype=np.int64),
            np.zeros((len(labels), 2), dtype=np.int64),
            tuple(Skipped(*item) for item in skipped),
        )
        hashes = np.zeros((len(labels), 16), dtype=np.uint8)
        sizes = np.full((len(labels), 2), 4, dtype=np.int64)
        return PreparedSet(listing, images, hashes, sizes, cached=False, seconds=0.0)

    return make


@pytest.fixture
def evaluation() -> Callable[..., Evaluation]:
    """Make an evaluation from probabilities and true labels."""

    def make(
        classes: Sequence[str],
        labels: Sequence[int],
        table: Any,
        *,
        decision: Decision | None = None,
        paths: Sequence[str] | None = None,
        split: str = "test",
    ) -> Evaluation:
        rows = np.array(table, dtype=np.float32)
        names = paths or [f"{classes[label]}/{i}.png" for i, label in enumerate(labels)]
        truth = np.array(labels, dtype=np.int64)
        rule = decision or Decision(None, None)
        return score(truth, rows, rule, classes=classes, paths=names, split=split)

    return make
