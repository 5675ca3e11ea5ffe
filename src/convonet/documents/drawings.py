"""What jobs answer that leave one file or a few: a report, a page of images, a curve."""

from __future__ import annotations

from convonet.documents.document import Document


class ReportDocument(Document):
    """What `report` answers: the HTML file and its size."""

    path: str
    bytes: int


class AugmentDocument(Document):
    """What `augment` answers; `written`: varied images in the folder of `--into`."""

    path: str
    images: int
    copies: int
    written: int


class RateCurveDocument(Document):
    """What `find-rate` answers.

    Attributes:
        rates, losses: one for each batch; losses are smoothed.
        suggested: a good learning rate to start with; None where the loss never fell.
        path: the picture of the curve.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggested: float | None
    path: str
