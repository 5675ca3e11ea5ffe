"""What a model predicts for images, as `predict` prints it.

`inference.answers` makes these rows as plain dictionaries: a server makes thousands in a second.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from pydantic import Field

from convonet.documents.document import Document


class PredictionRow(TypedDict):
    """The JSON of a `Prediction` or an `UnreadableImage` as a plain dictionary; `top` has `ClassProbability` rows."""

    path: str
    predicted: NotRequired[str]
    confidence: NotRequired[float]
    unsure: NotRequired[bool]
    unknown: NotRequired[bool]
    unknown_score: NotRequired[float]
    top: NotRequired[list[dict[str, str | float]]]
    error: NotRequired[str]


class UnreadableImage(Document):
    """A file that cannot be read, and the reason."""

    path: str
    error: str


class ClassProbability(Document):
    """A class and its probability."""

    class_: str = Field(alias="class")
    probability: float


class Prediction(Document):
    """What the model predicts for one image; `top`: the classes with the highest probabilities, highest first."""

    sparse = True

    path: str
    predicted: str
    confidence: float = Field(description="Probability of the predicted class.")
    unsure: bool
    unknown: bool | None = Field(
        None,
        description="Whether the image belongs to none of the classes; absent if the model cannot detect this.",
    )
    unknown_score: float | None = None
    top: tuple[ClassProbability, ...]


class Predictions(Document):
    """One prediction for each image, in the order of the images."""

    predictions: tuple[Prediction | UnreadableImage, ...]
