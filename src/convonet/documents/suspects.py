"""The document that `suspects` prints: training images whose label is probably wrong."""

from __future__ import annotations

from pydantic import Field

from convonet.documents.document import Document


class SuspectRow(Document):
    """One image: the probabilities of its class and of the suggested one, and their difference (`margin`)."""

    rank: int
    path: str
    class_: str = Field(alias="class")
    suggested: str
    margin: float
    p_class: float
    p_suggested: float
    likely: bool


class SuspectsDocument(Document):
    """What `suspects` and `resume` print.

    Attributes:
        accuracy: how often networks that were trained without an image agree with its label; None: not known yet.
        likely: labels that are probably wrong.
        suspects: the worst first, a part of all of them.
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
