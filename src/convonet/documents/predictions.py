"""What a model predicts for images, as `predict` prints it."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from convonet.documents.document import Document


class ClassProbability(Document):
    """A class and its probability."""

    class_: str = Field(alias="class")
    probability: float


class Prediction(Document):
    """What the model predicts for one image; only `path` and `error` where the image cannot be read."""

    sparse = True

    path: str
    predicted: str | None = None
    confidence: float | None = Field(None, description="Probability of the predicted class.")
    unsure: bool | None = None
    top: tuple[ClassProbability, ...] | None = None
    error: str | None = None

    @classmethod
    def unreadable(cls, path: str, error: str) -> Self:
        """The document of a file that cannot be read."""
        return cls(path=path, error=error)


class Predictions(Document):
    """One for each image, in their order."""

    predictions: tuple[Prediction, ...]
