"""A folder that is being sorted: labels, suggestions, and the images to show next."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convonet.data.names import natural_key
from convonet.errors import DataError, ParamError, nearest
from convonet.inference.feature_file import FeatureFile
from convonet.sorting.answers import ANSWERS, KEEP, NONE, SKIP, AnswerLog, SortedImages
from convonet.sorting.export import copy_class_folders, read_table, write_table
from convonet.sorting.screen import Order, Screen, Suggestions, similar_rows, suggestion_rows
from convonet.sorting.suggester import AnswerState, Suggester

ROWS, COLUMNS = 5, 12
_MOST_CLASSES = 1000


class SortSession:
    """Sorts the images of a folder.

    One thread may request suggestions and screens while another one adds labels.

    Args:
        folder: folder of the images, with the log and `labels.csv`.
        features: features of all images below the folder.

    Raises:
        DataError: a log or table in the folder cannot be read.
    """

    def __init__(self, folder: Path, features: FeatureFile) -> None:
        self.folder = folder
        self.paths = features.paths
        self._row = {path: row for row, path in enumerate(self.paths)}
        self._suggester = Suggester(self.paths, features.features)
        self._log = AnswerLog(folder)
        self._lock = threading.Lock()
        self._version = 0
        # Only a new log takes the table over; later the table is written from the log.
        if not self._log.answers and not self._log.classes:
            self._take_over()

    def _take_over(self) -> None:
        """Labels of a table that is there already count as given."""
        table = {path: label for path, label in read_table(self.folder).items() if path in self._row}
        if table:
            self._take_labels(table)

    def _take_labels(self, given: dict[str, str]) -> None:
        names = sorted(set(given.values()), key=natural_key)
        with self._lock:
            self._log.name_classes(
                [*self._log.classes, *(name for name in names if name not in self._log.classes)]
            )
            for name in names:
                paths = tuple(path for path, label in given.items() if label == name)
                self._log.add(SortedImages(paths, name))
            self._version += 1

    def folder_labels(self) -> dict[str, str]:
        """Unlabeled images in subfolders, with the names of their folders."""
        answered = self.labels()
        named = {path: path.rpartition("/")[0] for path in self.paths if "/" in path and path not in answered}
        return {path: name.rpartition("/")[2] for path, name in named.items()}

    def take_folders(self) -> int:
        """Label unlabeled images with the names of their folders and return how many there were.

        If classes have been set, only folders with these names count.
        """
        names = self.classes
        found = {path: name for path, name in self.folder_labels().items() if not names or name in names}
        if found:
            self._take_labels(found)
            self.write_table()
        return len(found)

    @property
    def classes(self) -> list[str]:
        """Class names in the order of their number keys."""
        return list(self._log.classes)

    @property
    def presses(self) -> int:
        """Number of answers so far: labels and accepted rows."""
        return len(self._log.answers)

    def name_classes(self, names: Sequence[str]) -> None:
        """Set the class names. Existing labels are kept.

        Raises:
            ParamError: there is no name, a name is empty or given twice, or a class that images have is missing.
        """
        cleaned = [name.strip() for name in names]
        faults = _class_faults(
            cleaned, {label for label in self.labels().values() if label not in (NONE, SKIP)}
        )
        if faults:
            raise ParamError.of({"classes": f"classes: {faults}"})
        with self._lock:
            self._log.name_classes(cleaned)
            self._version += 1
        self.write_table()

    def labels(self) -> dict[str, str]:
        """The label of each labeled image: a class, `none_of_these` or `skip`."""
        # Images may have been removed since they were labelled; the log still names them.
        return {path: label for path, label in self._log.labels().items() if path in self._row}

    def label(self, paths: Sequence[str], label: str, *, accepted: bool = False) -> None:
        """Label images. The labels are saved immediately.

        Args:
            paths: paths relative to the folder.
            label: a class, `none_of_these`, `skip`, or `keep` to confirm the current label.
            accepted: whether the label is an accepted suggestion.

        Raises:
            ParamError: the class does not exist.
            DataError: an image does not exist.
        """
        if label not in (*self.classes, *ANSWERS):
            near = nearest(label, self.classes)
            raise ParamError(
                "There is no such class",
                expected=", ".join([*self.classes, *ANSWERS]),
                received=label,
                hint=f"Did you mean {near}?" if near else None,
            )
        self._check(paths, labelled=label == KEEP)
        with self._lock:
            self._log.add(SortedImages(tuple(paths), label, accepted))
            self._version += 1
        self.write_table()

    def accept_above(self, confidence: float) -> int:
        """Accept all suggestions with at least this confidence, 0..1, and return how many there were."""
        sure = {path: name for path, (name, share) in self.suggestions().items() if share >= confidence}
        for name in self.classes:
            # One answer for all images of a class, so that one undo takes them back together.
            paths = [path for path, suggested in sure.items() if suggested == name]
            if paths:
                self.label(paths, name, accepted=True)
        return len(sure)

    def undo(self) -> SortedImages | None:
        """Undo the last answer and return it; None if there is none."""
        with self._lock:
            answer = self._log.undo()
            self._version += 1
        if answer is not None:
            self.write_table()
        return answer

    def suggestions(self) -> Suggestions:
        """The most likely class of each unlabeled image and its confidence; empty until two classes have labels."""
        return self._suggester.suggestions(self._known())

    def doubts(self) -> Suggestions:
        """Labeled images for which the other labels suggest a different class, highest confidence first.

        Each image is classified by a model that was fitted without it. Images whose label was confirmed or entered
        twice are not included.
        """
        return self._suggester.doubts(self._known())

    def screen(self, order: Order = "uncertain", rows: int = ROWS, columns: int = COLUMNS) -> Screen:
        """The rows of images to show next.

        Args:
            order: `uncertain` shows the images whose labels would help most, `certain` rows that can be accepted,
                `similar` groups of similar images, and `review` suspicious labels. Without suggestions, it always
                shows groups.
        """
        known = self._known()
        if order == "review":
            doubts = self.doubts()
            shown = list(doubts)[: rows * columns]
            made = suggestion_rows(shown, doubts, known.classes, columns, known.labels)
            return Screen(order, made, len(doubts))
        suggested = {path: found for path, found in self.suggestions().items() if path not in known.labels}
        left = len(self.paths) - len(known.labels)
        if order == "similar" or not suggested:
            groups = [[self.paths[row] for row in group] for group in self._suggester.similar(columns)]
            return Screen("similar", similar_rows(groups, rows, suggested, known.labels), left)
        ranked = sorted(suggested, key=lambda path: suggested[path][1], reverse=order == "certain")
        made = suggestion_rows(ranked[: rows * columns], suggested, known.classes, columns)
        return Screen(order, made, left)

    def counts(self) -> Counter[str]:
        """Number of images with each label."""
        return Counter(self.labels().values())

    def state(self) -> dict[str, Any]:
        """Counts, for every interface."""
        counts = self.counts()
        return {
            "folder": str(self.folder),
            "images": len(self.paths),
            "classes": [{"class": name, "labelled": counts[name]} for name in self.classes],
            NONE: counts[NONE],
            SKIP: counts[SKIP],
            "left": len(self.paths) - counts.total(),
            "presses": self.presses,
            "suggesting": bool(self.suggestions()),
            "in_folders": len(self.folder_labels()),
        }

    def write_table(self) -> Path:
        """Write `labels.csv`, with the images that have a class, beside the images."""
        return write_table(self.folder, self.labels())

    def copy_class_folders(self, out: Path) -> int:
        """Copy the images that have a class into class folders and return how many there were."""
        return copy_class_folders(self.folder, self.labels(), out)

    def _known(self) -> AnswerState:
        # Under the lock, since suggestions are cached by the version and must belong to these very labels.
        with self._lock:
            return AnswerState(self._version, self.classes, self.labels(), self._log.reviewed())

    def _check(self, paths: Sequence[str], *, labelled: bool = False) -> None:
        known = self.labels() if labelled else self._row
        unknown = [path for path in paths if path not in known]
        if unknown or not paths:
            raise DataError(
                "There is no labeled image with this path"
                if labelled
                else "There is no such image in the folder",
                where=self.folder,
                received=", ".join(unknown[:3]) or "no path",
            )


def _class_faults(names: list[str], used: set[str]) -> str:
    if not names or not all(names) or len(names) > _MOST_CLASSES:
        return f"expected 1 to {_MOST_CLASSES:,} names"
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        return f"{twice[0]} is listed twice"
    reserved = [name for name in names if name in ANSWERS]
    if reserved:
        return f"{reserved[0]} is reserved and cannot be a class"
    missing = sorted(used - set(names))
    return f"images are labeled {missing[0]}, so this class cannot be removed" if missing else ""
