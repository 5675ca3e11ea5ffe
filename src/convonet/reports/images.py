"""What the run folder tells of the images: counts, samples of each class, what was marked or left out, doubles."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from convonet.csv_files import csv_rows
from convonet.data.locations import location_of
from convonet.documents.evaluation import EvaluationDocument
from convonet.documents.run_record import MarkRow, RunRecord, SetRecord
from convonet.errors import DataError
from convonet.params import DataParams
from convonet.reports.pictures import Pictures
from convonet.runs import Run
from convonet.tasks import Split
from convonet.text import counted

FILES = "data_files.csv"
"""What a sentence calls the images of a set."""
_SAMPLES = 3
_MOST_CLASSES = 24
_OUT_OF_BALANCE = 3.0


class SetFile(NamedTuple):
    """A line of the run's table of images."""

    set: str
    path: str
    cls: str
    hash: str


class ImagesPart(NamedTuple):
    """What the section about the images shows.

    Attributes:
        sets: their names, a column of counts for each.
        rows: each class with its images in each set.
        totals: images of each set.
        most: the largest of the counts.
        samples: pictures of each class.
        skipped: set, path and reason.
        marks: what a person relabeled or left out.
    """

    sets: list[str]
    rows: list[tuple[str, list[int]]]
    totals: list[int]
    most: int
    samples: list[tuple[str, list[str]]]
    skipped: list[tuple[str, str, str]]
    marks: list[MarkRow]
    warnings: list[str]


def root_of(data: DataParams, split: Split, record: RunRecord) -> Path | None:
    """What the paths of a set are relative to; None where the set is no longer there."""
    known = record.set_record(split)
    if known is not None:
        return Path(known.root)
    try:
        location = location_of(data, split) or (location_of(data, "train") if data.test_share else None)
    except DataError:
        return None
    if location is None:
        return None
    return location.path.parent if location.table is not None else location.path


def images_of(run: Run, record: RunRecord, tested: EvaluationDocument | None) -> ImagesPart:
    """What the section needs.

    Args:
        tested: an evaluation's document, for the counts of its set.
    """
    files = read_files(run)
    sets = record.data.sets if record.data else {}
    columns: dict[str, Counter[str]] = defaultdict(Counter)
    for file in files:
        columns[file.set][file.cls] += 1
    if tested is not None and tested.split == "test":
        columns["test"] = Counter({row.class_: row.support for row in tested.per_class})
    classes = record.data.classes if record.data else ()
    if not classes and tested is not None:
        classes = tested.classes
    most = max((count for column in columns.values() for count in column.values()), default=1)
    return ImagesPart(
        sets=list(columns),
        rows=[(name, [column[name] for column in columns.values()]) for name in classes],
        totals=[column.total() for column in columns.values()],
        most=most,
        samples=list(_samples(files, sets.get("train"), classes)),
        skipped=[(name, *item) for name, part in sets.items() for item in part.skipped],
        marks=[mark for part in sets.values() for mark in part.marks],
        warnings=list(_warnings(files, columns)),
    )


def read_files(run: Run) -> list[SetFile]:
    """The run's table of images; empty where there is none."""
    try:
        with run.file(FILES).open(encoding="utf-8", newline="") as lines:
            return [SetFile(*row) for row in list(csv_rows(lines))[1:]]
    except OSError:
        return []


def _samples(
    files: Sequence[SetFile], train: SetRecord | None, classes: Sequence[str]
) -> Iterator[tuple[str, list[str]]]:
    """A few training images of each class, evenly over it."""
    if train is None:
        return
    pictures = Pictures(Path(train.root))
    own: dict[str, list[str]] = defaultdict(list)
    for file in files:
        if file.set == "train":
            own[file.cls].append(file.path)
    for name in classes[:_MOST_CLASSES]:
        paths = own[name]
        chosen = [paths[len(paths) * index // _SAMPLES] for index in range(min(_SAMPLES, len(paths)))]
        found = [uri for uri in map(pictures.uri, chosen) if uri is not None]
        if found:
            yield name, found


def _warnings(files: Sequence[SetFile], columns: Mapping[str, Counter[str]]) -> Iterator[str]:
    counts = {name: count for name, count in columns.get("train", Counter()).items() if count}
    if counts and max(counts.values()) >= _OUT_OF_BALANCE * min(counts.values()):
        large, small = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        yield (
            f"Unbalanced classes: {counted(counts[large], 'training image')} of {large}, {counts[small]:,} of {small}; "
            "accuracy alone is misleading"
        )
    seen: dict[str, list[SetFile]] = defaultdict(list)
    for file in files:
        seen[file.hash].append(file)
    groups = [group for group in seen.values() if len(group) > 1]
    copies = sum(len(group) - 1 for group in groups)
    conflicts = sum(len({file.cls for file in group}) > 1 for group in groups)
    shared = sum(len({file.set for file in group}) > 1 for group in groups)
    if copies:
        yield counted(copies, "image is an exact duplicate", "images are exact duplicates")
    if conflicts:
        yield f"{counted(conflicts, 'image is', 'images are')} in more than one class"
    if shared:
        some = counted(shared, "image is", "images are")
        yield f"{some} in both the training set and the validation set, so validation scores are too high"
