"""The result of `suspects`: training images whose label is probably wrong."""

from __future__ import annotations

from pydantic import Field

from convonet.documents.document import Document


class SuspectRow(Document):
    """One image: the probabilities of its class and of the suggested class, and their difference (`margin`)."""

    rank: int
    path: str
    class_: str = Field(alias="class")
    suggested: str
    margin: float
    p_class: float
    p_suggested: float
    likely: bool


class SuspectsDocument(Document):
    """The result of `suspects` and `resume`.

    Attributes:
        accuracy: fraction of images whose label agrees with the prediction of networks that were not trained on
            them; None: not known yet.
        likely: number of labels that are probably wrong.
        suspects: images with suspicious labels, most suspicious first.
    """

    run: str
    state: str
    images: int
    folds: int
    repeats: int
    accuracy: float | None
    likely: int
    suspects: tuple[SuspectRow, ...]
    seconds: float
