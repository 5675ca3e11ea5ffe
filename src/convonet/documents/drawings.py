"""Results of jobs that write a few files: a report, a page of images, a curve."""

from __future__ import annotations

from convonet.documents.document import Document


class ReportDocument(Document):
    """The result of `report`: the HTML file and its size."""

    path: str
    bytes: int


class AugmentDocument(Document):
    """The result of `augment`; `written`: number of variations written to the folder given with `--into`."""

    path: str
    images: int
    copies: int
    written: int


class RateCurveDocument(Document):
    """The result of `find-rate`.

    Attributes:
        rates, losses: one per batch; losses are smoothed.
        suggested: a good learning rate to start with; None if the loss never fell.
        path: the picture of the curve.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggested: float | None
    path: str
