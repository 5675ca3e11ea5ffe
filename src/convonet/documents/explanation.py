"""The results of `explain`, `layers` and `dream`: why a model predicts a class, and what its layers look for."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from convonet.documents.document import Document
from convonet.documents.predictions import UnreadableImage


class DeletionCurve(Document):
    """How the probability of the class falls as pixels of the image are deleted.

    Attributes:
        shares: fractions of the image that are deleted.
        curve: the probability at each fraction; the pixels with the highest values in the map are deleted first.
        random_curve: the mean over several reference maps, which are shifted and mirrored copies of the map.
        area, random_area: areas under the curves, 0..1.
        beaten: number of reference maps, out of `orders`, for which the probability falls more slowly.
    """

    shares: tuple[float, ...]
    curve: tuple[float, ...]
    random_curve: tuple[float, ...]
    area: float
    random_area: float
    beaten: int
    orders: int


class FaithfulnessCheck(Document):
    """Whether a map is faithful. `likeness`: rank correlation with the map of a shuffled network, or None."""

    deletion: DeletionCurve
    likeness: float | None
    sentence: str


class ExplanationFiles(Document):
    """The names of the files for one image in the folder of explanations."""

    picture: str
    overlay: str
    heat: str
    image: str
    values: str


class ExplainedImage(Document):
    """The explanation of one image for the class `class`, which may differ from the predicted one."""

    path: str
    predicted: str
    confidence: float
    class_: str = Field(alias="class")
    probability: float
    layer: str | None = Field(
        description="The layer whose feature maps were used; None if the method uses none."
    )
    faithful: FaithfulnessCheck | None
    files: ExplanationFiles


ExplanationRow = ExplainedImage | UnreadableImage
"""One image of those that were to be explained."""


class ExplainDocument(Document):
    """The result of `explain`; it is also saved as `explanations.json` in the folder."""

    method: str
    title: str
    meaning: str
    folder: str
    explanations: tuple[ExplanationRow, ...]


class DrawnLayer(Document):
    """A picture of filters or feature maps; for feature maps, also their mean and the number of inactive ones."""

    sparse = True

    name: str
    kind: str
    file: str
    shape: tuple[int, ...]
    silent: int | None = None
    mean: float | None = None


class LayersDocument(Document):
    """The result of `layers`."""

    folder: str
    image: str | None
    layers: tuple[DrawnLayer, ...]

    def path(self, layer: DrawnLayer) -> Path:
        """The picture of a layer."""
        return Path(self.folder) / layer.file


class DreamedChannel(Document):
    """The picture that activates a channel most strongly, with its mean activation at the start and at the end.

    Attributes:
        best_image: the activation of the best test image; None without images.
    """

    channel: int
    name: str
    file: str
    start: float
    reached: float
    best_image: float | None


class DreamDocument(Document):
    """The result of `dream`; `compared`: number of test images used for comparison."""

    path: str
    layer: str
    channels: int
    compared: int
    seed: int
    dreams: tuple[DreamedChannel, ...]
