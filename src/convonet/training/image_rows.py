"""Some rows of a prepared set, and the batches that are made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from convonet.data.decoded_images import DecodedImages
from convonet.errors import DataError
from convonet.inference.model_info import ModelInfo
from convonet.nets.augment import Augmenter, BatchChange
from convonet.params.hyper_params import HyperParams
from convonet.training.losses import class_weights, targets

_AHEAD = 32


@dataclass(frozen=True)
class ImageRows:
    """Some rows of a prepared set: `images` (N, H, W, C) uint8 and `labels` (N,) are shared, never copied.

    The images may also be `DecodedImages`, which are indexed in the same way.
    """

    images: np.ndarray
    labels: np.ndarray
    rows: np.ndarray

    @classmethod
    def all(cls, images: np.ndarray, labels: np.ndarray) -> ImageRows:
        """Every row."""
        return cls(images, labels, np.arange(len(labels)))

    def __len__(self) -> int:
        return len(self.rows)

    def expect(self, indices: np.ndarray | slice) -> None:
        """Tell which indices are taken next, so that images that are not prepared are decoded meanwhile."""
        if isinstance(self.images, DecodedImages):
            self.images.expect(self.rows[indices])

    def one_by_one(self, indices: Sequence[int]) -> Iterator[np.ndarray]:
        """The images at these indices of `rows`, (H, W, C) each."""
        for start in range(0, len(indices), _AHEAD):
            self.expect(np.asarray(indices[start : start + 2 * _AHEAD], np.int64))
            for index in indices[start : start + _AHEAD]:
                yield self.images[self.rows[index]]

    def take(self, indices: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray]:
        """A batch: the images and labels at these indices of `rows`, copied out of the map."""
        rows = self.rows[indices]
        # Copied: the map is read-only and shared by processes, and torch wants memory that it may write.
        return np.ascontiguousarray(self.images[rows]), np.ascontiguousarray(
            self.labels[rows], dtype=np.int64
        )


@dataclass(frozen=True)
class Batch:
    """What one step is trained with.

    Attributes:
        images: (B, H, W, C) uint8, as they are in the set.
        targets: labels (B,) int64 or fractions of classes (B, K) float32, as the loss takes them.
        weights: of each image, (B,) float32; None: all weigh 1.
        change: how the images are varied; None: not at all.
    """

    images: np.ndarray
    targets: np.ndarray
    weights: np.ndarray | None = None
    change: BatchChange | None = None


class BatchMaker:
    """Makes the batches of a training.

    Raises:
        ParamError: class weights that do not fit the classes.
    """

    def __init__(self, rows: ImageRows, hyper: HyperParams, info: ModelInfo) -> None:
        self._rows, self._hyper, self._info = rows, hyper, info
        self._weights = class_weights(hyper, rows.labels[rows.rows], info.classes)
        self._augmenter = Augmenter(hyper, rows.images.shape[1:]) if hyper.augments else None

    def make(self, indices: np.ndarray, epoch: int, step: int) -> Batch:
        """The batch of these indices, varied as its epoch, step and images say."""
        images, labels = self._rows.take(indices)
        shares = self.targets(labels)
        change = None
        if self._augmenter is not None:
            change = self._augmenter.change(epoch, step, self._rows.rows[indices])
            shares = change.targets(shares)
        return Batch(images, shares, self._image_weights(shares), change)

    def targets(self, labels: np.ndarray) -> np.ndarray:
        """The labels as the loss takes them."""
        return targets(labels, self._info.output, len(self._info.classes), self._hyper)

    def _image_weights(self, shares: np.ndarray) -> np.ndarray | None:
        """The weight of each image's class; of mixed images, the mean by their shares."""
        if self._weights is None:
            return None
        weights: np.ndarray
        if shares.ndim == 1:
            weights = self._weights[shares]
            return weights
        if shares.shape[1] == 1:
            # One output holds the second class alone; the first is what is left.
            shares = np.concatenate([1 - shares, shares], axis=1)
        weights = shares @ self._weights
        return weights


def check_images(train: ImageRows, val: ImageRows | None) -> None:
    """Refuse to train on nothing, or to validate on nothing. Raises DataError."""
    if not len(train):
        raise DataError("There are no images to train on")
    if val is not None and not len(val):
        raise DataError("There are no validation images")
