"""The result of `inspect`: counts, sizes, duplicates, and what stands out among the images of a set."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from convonet.documents.document import Document, IntervalBounds
from convonet.documents.run_record import MarkRow

PathGroup = tuple[str, ...]
"""Images that belong together; paths are relative to the set's root."""


class SkippedImage(Document):
    """A skipped file of `train` or `test`."""

    set: Literal["train", "test"]
    path: str
    reason: str


class SideRange(Document):
    """The range of the heights or widths of the images, in pixels."""

    min: int
    median: float
    max: int


class ImageSizes(Document):
    """The sizes of the images before they are resized."""

    height: SideRange
    width: SideRange


class LeakRow(Document):
    """An image that is in both sets, with its path in each."""

    train: str
    test: str


class ShortcutRow(Document):
    """A class that can be recognized from a property of the files alone; `auc`: for the class against the rest."""

    class_: str = Field(alias="class")
    cue: str
    auc: float
    auc_interval: IntervalBounds


class InspectionDocument(Document):
    """The contents of a set. Counts exclude skipped files.

    Attributes:
        classes: number of images of each class.
        exact_duplicates: images with the same content; `conflicts`: those in more than one class.
        near_duplicates: images that look the same although the files differ.
        dark, bright, blurred, odd_sized: unusual images.
        shortcuts: classes that can be recognized without looking at what the image shows.
        leaks: images that are also in the test set; `near_leaks`: images that look like a test image.
        marks: images that were relabeled or left out by hand.
        warnings: sentences.
        test: the same document for the test set; absent without a test set.
    """

    sparse = True

    classes: dict[str, int]
    images: int
    skipped: tuple[SkippedImage, ...]
    sizes: ImageSizes
    exact_duplicates: tuple[PathGroup, ...]
    near_duplicates: tuple[PathGroup, ...]
    dark: tuple[str, ...]
    bright: tuple[str, ...]
    blurred: tuple[str, ...]
    odd_sized: tuple[str, ...]
    shortcuts: tuple[ShortcutRow, ...]
    near_leaks: tuple[LeakRow, ...]
    leaks: tuple[LeakRow, ...]
    conflicts: tuple[PathGroup, ...]
    marks: tuple[MarkRow, ...]
    warnings: tuple[str, ...]
    test: InspectionDocument | None = None


class MarkedImageRow(Document):
    """A mark and its image; `set` and `class` are None if the image is no longer there."""

    set: Literal["train", "val", "test"] | None
    root: str
    class_: str | None = Field(alias="class")
    path: str
    label: str | None
    leave_out: bool
