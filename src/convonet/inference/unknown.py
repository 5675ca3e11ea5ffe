"""None of these: a score for images of no known class, from what the network sees before its last layer.

Two signs are added, each in standard deviations of images of the known classes: the energy of the logits, which is low
where a class answers strongly, and the distance to the nearest training images. Neither alone tells both kinds of
outside images: a class that was left out looks like the training images, and noise gets confident answers.

Reference:
    Liu et al. 2020, Energy-based out-of-distribution detection.
    Sun et al. 2022, Out-of-distribution detection with deep nearest neighbors.
"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ModelFileError

MEMBER = "unknown.npz"
"""The member of a `.keras` file that holds the scorer."""
SCORE_OUTPUT = "unknown_score"
"""The output of an ONNX file that gives the score."""

LEAST_ENERGY = -0.5
"""A class that answers very strongly earns no more than this: noise often gets such answers."""
_NEIGHBOURS = 5
_LEAST_SPREAD = 1e-6
_LEAST_NORM = 1e-12
_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)

Floats = NDArray[np.floating[Any]]


class Scored(NamedTuple):
    """What a model answers to images.

    Attributes:
        probabilities: (N, classes).
        unknown: the score of each image, (N,); None where the model has none.
    """

    probabilities: NDArray[np.float32]
    unknown: NDArray[np.float32] | None

    @classmethod
    def of_rows(cls, rows: NDArray[np.float32], scored: bool) -> Scored:
        """From rows (N, classes), whose last column is the score where there is one."""
        return cls(rows[:, :-1], rows[:, -1]) if scored else cls(rows, None)


@dataclass(frozen=True, eq=False)
class UnknownScorer:
    """The score of a network's features and logits.

    Attributes:
        bank: features of training images, (M, D) float16, each of length 1.
        energy, distance: mean and standard deviation over images of known classes.
        neighbours: how many of the nearest training images count.
    """

    bank: NDArray[np.float16]
    energy: tuple[float, float]
    distance: tuple[float, float]
    neighbours: int = _NEIGHBOURS

    def scores(self, features: Floats, logits: Floats) -> NDArray[np.float32]:
        """The score of each image, (N,): higher means further from the known classes.

        Args:
            features: what goes into the last layer, (N, D).
            logits: what comes out of it before its activation, (N, classes), or (N, 1) for one sigmoid.
        """
        energy = np.maximum((energy_of(logits) - self.energy[0]) / self.energy[1], LEAST_ENERGY)
        distance = (self._distance_of(features) - self.distance[0]) / self.distance[1]
        return np.asarray(energy + distance, np.float32)

    def _distance_of(self, features: Floats) -> Floats:
        return distance_of(features, self.bank, self.neighbours)

    def to_bytes(self) -> bytes:
        """The content of the member of a `.keras` file."""
        made = io.BytesIO()
        scale = np.array([self.energy, self.distance], np.float64)
        np.savez(made, bank=self.bank, scale=scale, neighbours=self.neighbours)
        return made.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, where: object = None) -> UnknownScorer:
        """Read what `to_bytes` gave.

        Raises:
            ModelFileError: damaged.
        """
        try:
            # A model file may come from a stranger, and loading pickled objects runs their code.
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                bank, scale, count = archive["bank"], archive["scale"], int(archive["neighbours"])
            fits = bank.ndim == 2 and bank.dtype == np.float16 and scale.shape == (2, 2)
            if not fits or not 1 <= count <= len(bank) or not np.isfinite(scale).all():
                raise ValueError(f"values of shape {bank.shape} and {scale.shape}")
            (energy, distance) = (tuple(map(float, row)) for row in scale)
            return cls(bank, (energy[0], energy[1]), (distance[0], distance[1]), count)
        except _DAMAGED as error:
            raise ModelFileError(
                "The score for unknown images cannot be read from the model file",
                where=where,
                reason=str(error)[:200],
            ) from error


def fit_scorer(bank: Floats, features: Floats, logits: Floats) -> UnknownScorer:
    """A scorer of a trained network.

    Args:
        bank: features of training images, (M, D), M ≥ 1.
        features, logits: of images that are not in the bank, (N, D) and (N, classes), N ≥ 2.
    """
    units = _of_length_1(bank).astype(np.float16)
    neighbours = min(_NEIGHBOURS, len(units))
    distance = distance_of(features, units, neighbours)
    return UnknownScorer(units, _spread(energy_of(logits)), _spread(distance), neighbours)


def threshold_for_rate(scores: Floats, rate: float) -> float:
    """The least score above which at most `rate` of further images of the known classes are expected.

    Args:
        scores: of images of the known classes, (N,), N ≥ 1.
        rate: 0..1. Where the images are too few for so small a rate, the highest score is the threshold.
    """
    # The + 1 counts the next image among the measured ones, as in split conformal prediction.
    rank = math.ceil((len(scores) + 1) * (1 - rate))
    return float(np.sort(scores)[min(max(rank, 1), len(scores)) - 1])


def energy_of(logits: Floats) -> Floats:
    """Minus the logarithm of the sum of exponentials; one logit counts as two of opposite sign, half as large."""
    if logits.shape[1] == 1:
        logits = np.concatenate([-logits / 2, logits / 2], axis=1)
    highest = logits.max(axis=1)
    return np.asarray(-highest - np.log(np.exp(logits - highest[:, None]).sum(axis=1)))


def distance_of(features: Floats, bank: NDArray[np.float16], neighbours: int) -> Floats:
    """One minus the mean cosine similarity to the nearest rows of the bank, (N,)."""
    similar = _of_length_1(features).astype(np.float32) @ bank.astype(np.float32).T
    # Not sorted, since the mean does not depend on the order of the nearest.
    nearest = np.partition(similar, -neighbours, axis=1)[:, -neighbours:]
    return np.asarray(1 - nearest.mean(axis=1))


def _of_length_1(features: Floats) -> Floats:
    return np.asarray(features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), _LEAST_NORM))


def _spread(values: Floats) -> tuple[float, float]:
    return float(values.mean()), max(float(values.std()), _LEAST_SPREAD)
