"""The document of a map of images: where each image lies, its neighbors, and the predictions of a model."""

from __future__ import annotations

from pydantic import Field

from convonet.documents.document import Document


class ImageMap(Document):
    """A map of images as columns: entry i of every column belongs to image i.

    Attributes:
        total: number of images in the set; `images` of them are on the map.
        root: the folder that paths are relative to, or the `.npz` file.
        x, y: coordinates on the map.
        labels: indices of `classes`.
        suggested: the most common other class among the nearest images, an index of `classes`.
        wrong_label_scores: the weight of that class among them minus the weight of the image's own class, −1..1.
        outlier_scores: the mean distance to the five nearest images.
        neighbors: the most similar images, nearest first.
        likely_wrong: number of labels that the neighbors contradict (score above 0).
        model: the model that predicted the classes; None: no model was used.
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
    """An image of a set; `similarity` is the cosine between its features and those of the given image."""

    path: str
    class_: str = Field(alias="class")
    similarity: float


class SimilarImages(Document):
    """The images of a set that look most like a given image, most similar first.

    Attributes:
        root: the folder that paths are relative to, or the `.npz` file.
    """

    image: str
    root: str
    similar: tuple[SimilarImage, ...]
