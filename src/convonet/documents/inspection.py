"""What `inspect` answers: counts, sizes, duplicates, and what stands out among the images of a set."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from convonet.documents.document import Document, IntervalBounds
from convonet.documents.run_record import MarkRow

PathGroup = tuple[str, ...]
"""Images that belong together; paths are relative to the set's root."""


class SkippedImage(Document):
    """A file that is left out of `train` or `test`."""

    set: Literal["train", "test"]
    path: str
    reason: str


class SideRange(Document):
    """The sides of the images, in pixels."""

    min: int
    median: float
    max: int


class ImageSizes(Document):
    """The sizes of the images before they are resized."""

    height: SideRange
    width: SideRange


class LeakRow(Document):
    """An image that is in both sets, by its path in each."""

    train: str
    test: str


class ShortcutRow(Document):
    """A class that can be told from a property of the files alone; `auc` is that of the class against the rest."""

    class_: str = Field(alias="class")
    cue: str
    auc: float
    auc_interval: IntervalBounds


class InspectionDocument(Document):
    """What a set looks like. Counts are without what was skipped.

    Attributes:
        classes: images of each class.
        exact_duplicates: of the same content; `conflicts` are those in more than one class.
        near_duplicates: that look the same though their files differ.
        dark, bright, blurred, odd_sized: images that stand out.
        shortcuts: classes that can be told without what the image shows.
        leaks: images that are also in the test set; `near_leaks` look like one of it.
        marks: images that a person relabeled or left out.
        warnings: in sentences.
        test: the same of the test set; absent without one.
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
    """A mark and the image that it is about; `set` and `class` are None where the image is no longer there."""

    set: Literal["train", "val", "test"] | None
    root: str
    class_: str | None = Field(alias="class")
    path: str
    label: str | None
    leave_out: bool
