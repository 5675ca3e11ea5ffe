"""The document of a map of images: where each image lies, what its neighbors are, and what a model says of it."""

from __future__ import annotations

from pydantic import Field

from convonet.documents.document import Document


class ImageMap(Document):
    """A map in columns: entry i of each is image i.

    Attributes:
        total: images of the set; `images` of them are on the map.
        root: the folder that paths are relative to, or the `.npz` file.
        x, y: coordinates on the map.
        labels: indices of `classes`.
        suggested: the commonest other class among the nearest images, an index of `classes`.
        wrong_label_scores: the weight of that class among them minus that of the own class, −1..1.
        outlier_scores: the mean distance to the five nearest images.
        neighbors: the most similar images, the nearest first.
        likely_wrong: labels that speak against more neighbors than for them.
        model: whose answers `predicted` and `confidence` are; None: no model was asked.
        predicted: indices of `classes`.
        confidence: the probability of the predicted class.
    """

    images: int
    total: int
    seed: int
    root: str
    classes: tuple[str, ...]
    likely_wrong: int
    paths: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    labels: tuple[int, ...]
    suggested: tuple[int, ...]
    wrong_label_scores: tuple[float, ...]
    outlier_scores: tuple[float, ...]
    neighbors: tuple[tuple[int, ...], ...]
    model: str | None = None
    predicted: tuple[int, ...] | None = None
    confidence: tuple[float, ...] | None = None


class SimilarImage(Document):
    """An image of a set; `similarity` is the cosine between its features and those of the image that was given."""

    path: str
    class_: str = Field(alias="class")
    similarity: float


class SimilarImages(Document):
    """The images of a set that look most like an image, the most similar first.

    Attributes:
        root: the folder that paths are relative to, or the `.npz` file.
    """

    image: str
    root: str
    similar: tuple[SimilarImage, ...]
