"""The look at a set of images before training, as `inspect` prints it."""

from __future__ import annotations

from convonet.documents.document import Document
from convonet.documents.run_record import MarkRow

Group = tuple[str, ...]
"""Paths of images that belong together."""


class SkippedImage(Document):
    """A file that is left out of a set."""

    set: str
    path: str
    reason: str


class SideRange(Document):
    """Smallest, median and largest side of the images, in pixels."""

    min: int
    median: float
    max: int


class ImageSizes(Document):
    """Heights and widths."""

    height: SideRange
    width: SideRange


class LeakedImage(Document):
    """The same content in training and test; paths relative to the root of each set."""

    train: str
    test: str


class InspectionDocument(Document):
    """What a set looks like; counts are without what was skipped.

    Attributes:
        exact_duplicates: groups of paths with the same content.
        near_duplicates: groups of images that look the same.
        conflicts: groups of exact duplicates that are in more than one class.
        leaks, near_leaks: images that are in the test set too, or look like one of it.
        dark, bright, blurred, odd_sized: images that stand out.
        warnings: sentences.
        test: the same of the test set.
    """

    sparse = True

    classes: dict[str, int]
    images: int
    skipped: tuple[SkippedImage, ...]
    sizes: ImageSizes
    exact_duplicates: tuple[Group, ...]
    near_duplicates: tuple[Group, ...]
    dark: tuple[str, ...]
    bright: tuple[str, ...]
    blurred: tuple[str, ...]
    odd_sized: tuple[str, ...]
    near_leaks: tuple[LeakedImage, ...]
    leaks: tuple[LeakedImage, ...]
    conflicts: tuple[Group, ...]
    marks: tuple[MarkRow, ...]
    warnings: tuple[str, ...]
    test: InspectionDocument | None = None
