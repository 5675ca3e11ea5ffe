"""What `explain`, `layers` and `dream` answer: why a model predicts a class, and what its layers look for."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from convonet.documents.document import Document
from convonet.documents.predictions import UnreadableImage


class DeletionCurve(Document):
    """How the probability of the class falls while the image is deleted.

    Attributes:
        shares: the fraction of the image that is deleted.
        curve: the probability at each of them, the brightest of the map deleted first.
        random_curve: the mean of several random orders.
        area, random_area: under the curves, 0..1.
        beaten: how many of the `orders` random orders lowered the probability later.
    """

    shares: tuple[float, ...]
    curve: tuple[float, ...]
    random_curve: tuple[float, ...]
    area: float
    random_area: float
    beaten: int
    orders: int


class FaithfulnessCheck(Document):
    """Whether a map is faithful; `likeness` is the rank correlation with the map of shuffled weights, or None."""

    deletion: DeletionCurve
    likeness: float | None
    sentence: str


class ExplanationFiles(Document):
    """The names of an image's files in the folder of its explanations."""

    picture: str
    overlay: str
    heat: str
    image: str
    values: str


class ExplainedImage(Document):
    """The explanation of one image: of class `class`, which need not be the predicted one."""

    path: str
    predicted: str
    confidence: float
    class_: str = Field(alias="class")
    probability: float
    layer: str | None = Field(description="Whose maps were used; None where the method uses none.")
    faithful: FaithfulnessCheck | None
    files: ExplanationFiles


ExplanationRow = ExplainedImage | UnreadableImage
"""One image of those that were to be explained."""


class ExplainDocument(Document):
    """What `explain` answers; it is also in `explanations.json` of the folder."""

    method: str
    title: str
    meaning: str
    folder: str
    explanations: tuple[ExplanationRow, ...]


class DrawnLayer(Document):
    """A page of filters or of feature maps; the latter say how many are silent and their mean."""

    sparse = True

    name: str
    kind: str
    file: str
    shape: tuple[int, ...]
    silent: int | None = None
    mean: float | None = None


class LayersDocument(Document):
    """What `layers` answers."""

    folder: str
    image: str | None
    layers: tuple[DrawnLayer, ...]

    def path(self, layer: DrawnLayer) -> Path:
        """The picture of a layer."""
        return Path(self.folder) / layer.file


class DreamedChannel(Document):
    """The picture that activates a channel most: its mean activation at the start and at the end.

    Attributes:
        best_image: the activation that the best test image reaches; None without images.
    """

    channel: int
    name: str
    file: str
    start: float
    reached: float
    best_image: float | None


class DreamDocument(Document):
    """What `dream` answers; `compared`: test images that were looked at beside."""

    path: str
    layer: str
    channels: int
    compared: int
    seed: int
    dreams: tuple[DreamedChannel, ...]
