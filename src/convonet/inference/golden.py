"""Golden samples: a few images and the answers that were given to them when a model was exported.

They travel with the export, so that whoever opens it, on another machine or years later, can see that it still
gives the same answers.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ModelFileError
from convonet.json_values import JsonObject
from convonet.text import counted

GOLDEN_VERSION = 1
LOAD_TOLERANCE = 1e-4
"""The largest difference of a probability when an export is opened: other processors round otherwise."""

_MOST_SAMPLES = 8
_MOST_BYTES = 2**19
_MOST_INFLATED = 2**27

Images = NDArray[np.uint8]
Probabilities = NDArray[np.float32]


class Golden(NamedTuple):
    """Images and their probabilities.

    Attributes:
        images: (N, height, width, channels), 0..255.
        probabilities: (N, classes).
        source: where the images come from: `test`, `val`, `train`, or `made up`.
        tolerance: the largest difference of a probability when the export is opened.
    """

    images: Images
    probabilities: Probabilities
    source: str
    tolerance: float = LOAD_TOLERANCE

    def to_dict(self) -> JsonObject:
        """As JSON: the pixels compressed by zlib, in base64, row by row."""
        return {
            "format_version": GOLDEN_VERSION,
            "source": self.source,
            "shape": list(self.images.shape),
            "pixels": base64.b64encode(zlib.compress(self.images.tobytes(), 9)).decode("ascii"),
            "probabilities": self.probabilities.tolist(),
            # Files of earlier versions have no tolerance of their own.
            **({} if self.tolerance == LOAD_TOLERANCE else {"tolerance": self.tolerance}),
        }

    @classmethod
    def from_text(cls, text: str, where: object = None) -> Golden:
        """Read what `to_dict` gave, as JSON text.

        Raises:
            ModelFileError: not such an object, or of a newer version.
        """
        try:
            value = json.loads(text)
            if value["format_version"] > GOLDEN_VERSION:
                raise ValueError(f"format version {value['format_version']}, newer than {GOLDEN_VERSION}")
            shape = [int(side) for side in value["shape"]]
            images = np.frombuffer(_inflated(value["pixels"]), np.uint8).reshape(shape)
            probabilities = np.array(value["probabilities"], np.float32)
            tolerance = float(value.get("tolerance", LOAD_TOLERANCE))
            return cls(images, probabilities, str(value["source"]), tolerance)
        except (ValueError, TypeError, KeyError, AttributeError, zlib.error, binascii.Error) as error:
            raise ModelFileError(
                "The model's golden samples cannot be read", where=where, reason=str(error)[:200]
            ) from error


def _inflated(pixels: str) -> bytes:
    """The pixels; a file that swells beyond all measure is refused."""
    opened = zlib.decompressobj()
    # zlib can pack a thousand to one.
    content = opened.decompress(base64.b64decode(pixels, validate=True), _MOST_INFLATED)
    if opened.unconsumed_tail:
        raise ValueError("golden samples of more than 128 MiB")
    return content


def golden_rows(count: int, image_bytes: int) -> NDArray[np.int64]:
    """Which of `count` images become golden samples: spread evenly, few enough to be carried along."""
    # At least two, so that a network that gives one answer for everything is seen.
    most = min(_MOST_SAMPLES, max(2, _MOST_BYTES // max(1, image_bytes)), count)
    return np.linspace(0, count - 1, most).round().astype(np.int64) if count else np.arange(0)


def largest_difference(
    expected: Probabilities,
    received: Probabilities,
    tolerance: float,
    refusal: Callable[[str, str], Exception],
) -> float:
    """The largest difference of a probability, when every image has the same answer.

    Args:
        expected, received: (N, classes).
        tolerance: the largest difference allowed. The likeliest class must be the same too, unless the two best
            are as near to one another as that.
        refusal: makes the error from what was expected and received.

    Raises:
        Exception: what `refusal` makes, for the image that differs most.
    """
    if expected.shape != received.shape:
        raise refusal(f"probabilities of shape {expected.shape}", f"{received.shape}")
    apart = np.abs(expected - received).max(axis=1, initial=0.0)
    # A comparison that is false for NaN too: a network that gives no numbers agrees with nothing.
    wrong = ~(apart <= tolerance) | _other_class(expected, received, tolerance)
    if wrong.any():
        worst = int(np.argmax(np.where(wrong, np.nan_to_num(apart, nan=np.inf), -1)))
        raise refusal(
            f"probabilities within {tolerance:g} and the same class for each of {counted(len(apart), 'image')}",
            f"a difference of {apart[worst]:g} for image {worst + 1} (images that differ: {int(wrong.sum())})",
        )
    return float(apart.max(initial=0.0))


def _other_class(expected: Probabilities, received: Probabilities, tolerance: float) -> NDArray[np.bool_]:
    """Where another class is likeliest although the two best are not within the tolerance."""
    # Two classes that are nearly equal may change places by rounding alone.
    rows = np.arange(len(expected))
    lost = expected.max(axis=1, initial=0.0) - expected[rows, received.argmax(axis=1)]
    return np.asarray(lost > tolerance, np.bool_)
