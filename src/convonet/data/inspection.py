"""The inspection of a set before training: counts, sizes, skipped files, duplicates and unusual images."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from convonet.data.cache import ImageCache
from convonet.data.channels import find_pixels
from convonet.data.class_contract import impose_classes
from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.listing import Skipped
from convonet.data.lookalikes import perceptual_hashes
from convonet.data.preflight import own_sentences
from convonet.data.quality import Quality, near_leaks, quality_of
from convonet.data.sources import has_set, scan_set
from convonet.documents.inspection import ImageSizes, InspectionDocument, LeakRow, SideRange, SkippedImage
from convonet.documents.marks import Mark
from convonet.errors import ClassMismatchError
from convonet.events import Watch
from convonet.json_values import JsonObject
from convonet.params import DataParams
from convonet.text import counted

_TINY_CLASS = 10
_OUT_OF_BALANCE = 3.0
_SAMPLES = 8


class Extent(NamedTuple):
    """Minimum, median and maximum side length of the images, in pixels."""

    min: int
    median: float
    max: int

    def row(self) -> SideRange:
        """The same in the document."""
        return SideRange(min=self.min, median=self.median, max=self.max)


class Leak(NamedTuple):
    """The same content in both sets; paths relative to each set's root."""

    train: str
    test: str


@dataclass(frozen=True)
class Inspection:
    """The results of an inspection. Counts exclude skipped files.

    Attributes:
        set: `train` or `test`.
        exact_duplicates: groups of paths with the same content.
        conflicts: groups of exact duplicates that are in more than one class.
        quality: near duplicates, unusual images, shortcuts.
        leaks: images that are also in the test set.
        near_leaks: images that look like an image in the test set but have a different file.
        warnings: findings as sentences.
        marks: the user's marks, which are applied to the counts.
        samples: paths of a few images of each class, evenly spaced.
        test: the inspection of the test set.
    """

    set: Literal["train", "test"]
    root: Path
    classes: dict[str, int]
    skipped: tuple[Skipped, ...]
    height: Extent
    width: Extent
    exact_duplicates: tuple[tuple[str, ...], ...]
    conflicts: tuple[tuple[str, ...], ...]
    quality: Quality
    leaks: tuple[Leak, ...] = ()
    near_leaks: tuple[Leak, ...] = ()
    warnings: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    samples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    test: Inspection | None = None

    @property
    def images(self) -> int:
        """Number of readable images."""
        return sum(self.classes.values())

    def document(self) -> InspectionDocument:
        """The document that `convonet inspect --json` prints."""
        quality = self.quality
        document = InspectionDocument(
            classes=self.classes,
            images=self.images,
            skipped=tuple(SkippedImage(set=self.set, **item._asdict()) for item in self.skipped),
            sizes=ImageSizes(height=self.height.row(), width=self.width.row()),
            exact_duplicates=self.exact_duplicates,
            near_duplicates=quality.near_duplicates,
            dark=quality.dark,
            bright=quality.bright,
            blurred=quality.blurred,
            odd_sized=quality.odd_sized,
            shortcuts=tuple(shortcut.row() for shortcut in quality.shortcuts),
            near_leaks=tuple(LeakRow(**leak._asdict()) for leak in self.near_leaks),
            leaks=tuple(LeakRow(**leak._asdict()) for leak in self.leaks),
            conflicts=self.conflicts,
            marks=tuple(mark.row() for mark in self.marks),
            warnings=self.warnings,
        )
        # Without a test set the document has no such key.
        return document if self.test is None else document.changed(test=self.test.document())

    def to_dict(self) -> JsonObject:
        """`document()` as a dictionary."""
        return self.document().to_dict()


def inspect_folder(
    folder: str | os.PathLike[str],
    *,
    test: str | os.PathLike[str] | None = None,
    data: DataParams | None = None,
    cache: ImageCache | None = None,
    watch: Watch | None = None,
) -> Inspection:
    """Look at a set and, beside it, at the test set that is given or found.

    Every image is decoded, so that damaged ones show; a training with the same pixels finds them prepared.

    Args:
        data: how images become pixels and labels; its folders do not count.

    Raises:
        DataError: nothing to look at: no folder, no image, one class.
    """
    watch = watch or Watch()
    test_dir = None if test is None else os.fspath(test)
    data = (data or DataParams()).changed(train_dir=os.fspath(folder), test_dir=test_dir, val_dir=None)
    cache = cache or ImageCache(prepared_bytes=data.prepared_bytes)
    train_set = _prepared(data, "train", cache, watch)
    train_perceptual = perceptual_hashes(train_set.images, watch)
    train_quality = quality_of(train_set, train_perceptual, watch)
    own = [*_warnings(train_set), *train_quality.warnings()]
    if not has_set(data, "test"):
        return _inspection("train", train_set, train_quality, own)
    test_set = _prepared(data, "test", cache, watch)
    test_perceptual = perceptual_hashes(test_set.images, watch)
    test_quality = quality_of(test_set, test_perceptual, watch)
    leaks = tuple(_leaks(train_set, test_set))
    near = near_leaks(train_set, test_set, (train_perceptual, test_perceptual), watch)
    own += _pair_warnings(data, train_set, test_set, leaks)
    if near:
        some = counted(len(near), "test image looks", "test images look")
        own.append(f"{some} like a training image although the files differ")
    test_warnings = [*_warnings(test_set), *test_quality.warnings()]
    beside = _inspection("test", test_set, test_quality, test_warnings)
    whole = _inspection("train", train_set, train_quality, own, leaks)
    return replace(whole, near_leaks=tuple(Leak(*pair) for pair in near), test=beside)


def _prepared(data: DataParams, split: str, cache: ImageCache, watch: Watch) -> PreparedSet:
    """One set with its own class names: that they disagree is something to see, not an end."""
    listing = scan_set(data, "test" if split == "test" else "train", watch=watch)
    pixels = find_pixels(listing, data, cache=cache, watch=watch)
    return prepare(listing, pixels, name=split, cache=cache, every_class=False, watch=watch)


def _inspection(
    name: Literal["train", "test"],
    prepared: PreparedSet,
    quality: Quality,
    warnings: Sequence[str],
    leaks: tuple[Leak, ...] = (),
) -> Inspection:
    groups = list(_equal_rows(prepared))
    paths = prepared.paths
    in_conflict = [rows for rows in groups if len(set(prepared.labels[rows].tolist())) > 1]
    return Inspection(
        set=name,
        root=prepared.listing.root,
        classes=prepared.listing.counts(),
        skipped=prepared.listing.skipped,
        height=_extent(prepared.sizes[:, 0]),
        width=_extent(prepared.sizes[:, 1]),
        exact_duplicates=tuple(tuple(paths[row] for row in rows) for rows in groups),
        conflicts=tuple(tuple(paths[row] for row in rows) for rows in in_conflict),
        quality=quality,
        leaks=leaks,
        warnings=tuple(warnings),
        marks=prepared.listing.marks,
        samples={name: _spread(prepared, label) for label, name in enumerate(prepared.classes)},
    )


def _spread(prepared: PreparedSet, label: int) -> tuple[str, ...]:
    rows = np.flatnonzero(prepared.labels == label)
    chosen = rows[len(rows) * np.arange(min(_SAMPLES, len(rows))) // _SAMPLES]
    return tuple(prepared.paths[row] for row in chosen.tolist())


def _extent(sides: np.ndarray[Any, np.dtype[np.int64]]) -> Extent:
    return Extent(int(sides.min()), float(np.median(sides)), int(sides.max()))


def _contents(prepared: PreparedSet) -> list[bytes]:
    return [row.tobytes() for row in prepared.hashes]


def _equal_rows(prepared: PreparedSet) -> Iterator[list[int]]:
    """Rows with the same content, two or more of them."""
    rows = defaultdict(list)
    for row, content in enumerate(_contents(prepared)):
        rows[content].append(row)
    return (group for group in rows.values() if len(group) > 1)


def _leaks(train: PreparedSet, test: PreparedSet) -> Iterator[Leak]:
    """Each test image whose content stands in training, with the first training image that has it."""
    # Backwards, so that the first image of equal ones is the one that stays in the dictionary.
    first = dict(zip(reversed(_contents(train)), reversed(train.paths), strict=True))
    for content, path in zip(_contents(test), test.paths, strict=True):
        if content in first:
            yield Leak(first[content], path)


def _warnings(prepared: PreparedSet) -> list[str]:
    counts = prepared.listing.counts()
    lost = [name for name, count in counts.items() if not count]
    tiny = [name for name, count in counts.items() if 0 < count < _TINY_CLASS]
    largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    sentences = []
    if lost:
        sentences.append(f"Classes without a readable image: {_some(lost)}")
    if tiny:
        few = f"Classes with fewer than {_TINY_CLASS} images, too few to train or test with"
        sentences.append(f"{few}: {_some(tiny)}")
    if counts[smallest] and counts[largest] >= _OUT_OF_BALANCE * counts[smallest]:
        sentences.append(
            f"Unbalanced classes: {counted(counts[largest], 'image')} of {largest}, {counts[smallest]:,} of "
            f"{smallest}; class weights may help, and accuracy alone is misleading"
        )
    sentences += own_sentences(prepared)
    groups = list(_equal_rows(prepared))
    conflicts = sum(len(set(prepared.labels[rows].tolist())) > 1 for rows in groups)
    if groups:
        duplicates = sum(map(len, groups)) - len(groups)
        sentences.append(counted(duplicates, "image is an exact duplicate", "images are exact duplicates"))
    if conflicts:
        sentences.append(f"{counted(conflicts, 'image is', 'images are')} in more than one class")
    if prepared.listing.skipped:
        sentences.append(counted(len(prepared.listing.skipped), "file is skipped", "files are skipped"))
    return sentences


def _pair_warnings(
    data: DataParams, train: PreparedSet, test: PreparedSet, leaks: Sequence[Leak]
) -> Iterator[str]:
    # Links followed: one folder under two names is still one set.
    same_root = os.path.realpath(train.listing.root) == os.path.realpath(test.listing.root)
    if same_root and train.paths == test.paths:
        yield "Training and test images are the same set, so the scores say nothing about new images"
    elif leaks:
        some = counted(len(leaks), "test image is also", "test images are also")
        yield f"{some} in the training set, so scores are too high"
    try:
        impose_classes(test.listing, train.classes, class_map=data.class_map)
    except ClassMismatchError as error:
        yield error.sentence()


def _some(names: Sequence[str], most: int = 6) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (
        f" and {counted(more, 'more class', 'more classes')}" if more > 0 else ""
    )
