"""A folder that is being sorted: what is labelled, what is suggested, and what the person sees next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.errors import DataError, ParamError, nearest
from convonet.inference.feature_file import FeatureFile
from convonet.sorting.answers import NONE, SKIP, AnswerLog, SortedImages
from convonet.sorting.export import copy_class_folders, read_table, write_table
from convonet.sorting.suggest import probabilities, reduced, similar_groups

Order = Literal["uncertain", "certain", "similar"]
ROWS, COLUMNS = 5, 12
_MOST_CLASSES = 1000


class ScreenImage(NamedTuple):
    """An image that a person looks at; `suggestion` is None until two classes have a label."""

    path: str
    suggestion: str | None
    confidence: float | None


class ScreenRow(NamedTuple):
    """Images that are accepted with one key press, where they have one suggestion."""

    suggestion: str | None
    images: tuple[ScreenImage, ...]


class Screen(NamedTuple):
    """What a person sees at once."""

    order: Order
    rows: tuple[ScreenRow, ...]
    left: int


class SortSession:
    """Sorts the images of a folder.

    Args:
        folder: with the images; the log and `labels.csv` stand in it.
        features: of all images below the folder.

    Raises:
        DataError: a log or table in the folder cannot be read.
    """

    def __init__(self, folder: Path, features: FeatureFile) -> None:
        self.folder = folder
        self.paths = features.paths
        self._row = {path: row for row, path in enumerate(self.paths)}
        self._points = reduced(features.features)
        self._log = AnswerLog(folder)
        self._groups: dict[int, list[NDArray[np.int64]]] = {}
        if not self._log.answers and not self._log.classes:
            self._take_over()

    def _take_over(self) -> None:
        """Labels of a table that is there already count as given."""
        table = {path: label for path, label in read_table(self.folder).items() if path in self._row}
        if not table:
            return
        names = sorted(set(table.values()))
        self._log.name_classes(names)
        for name in names:
            self._log.add(SortedImages(tuple(path for path, label in table.items() if label == name), name))

    @property
    def classes(self) -> list[str]:
        """Names in the order of their number keys."""
        return list(self._log.classes)

    @property
    def presses(self) -> int:
        """Answers so far: labels and accepted rows."""
        return len(self._log.answers)

    def name_classes(self, names: Sequence[str]) -> None:
        """Set the classes. Labels that were given stay.

        Raises:
            ParamError: no name, an empty one, one twice, or one that is missing although images have it.
        """
        cleaned = [name.strip() for name in names]
        faults = _class_faults(
            cleaned, {label for label in self.labels().values() if label not in (NONE, SKIP)}
        )
        if faults:
            raise ParamError.of({"classes": f"classes: {faults}"})
        self._log.name_classes(cleaned)
        self._changed()

    def labels(self) -> dict[str, str]:
        """The answer to each image that has one: a class, `none_of_these` or `skip`."""
        return {path: label for path, label in self._log.labels().items() if path in self._row}

    def label(self, paths: Sequence[str], label: str, *, accepted: bool = False) -> None:
        """Say what some images are; it is kept at once.

        Args:
            paths: relative to the folder.
            label: a class, `none_of_these` or `skip`.
            accepted: it is what was suggested, such as that of a whole row.

        Raises:
            ParamError: no such class.
            DataError: no such image.
        """
        if label not in (*self.classes, NONE, SKIP):
            near = nearest(label, self.classes)
            raise ParamError(
                "There is no such class",
                expected=", ".join([*self.classes, NONE, SKIP]),
                received=label,
                hint=f"Did you mean {near}?" if near else None,
            )
        self._check(paths)
        self._log.add(SortedImages(tuple(paths), label, accepted))
        self._changed()

    def accept_above(self, confidence: float) -> int:
        """Accept every suggestion of at least this confidence, 0..1; how many images that were."""
        sure = {path: name for path, (name, share) in self.suggestions().items() if share >= confidence}
        for name in self.classes:
            paths = [path for path, suggested in sure.items() if suggested == name]
            if paths:
                self.label(paths, name, accepted=True)
        return len(sure)

    def undo(self) -> SortedImages | None:
        """Take the last answer back and give it; None where there is none."""
        answer = self._log.undo()
        if answer is not None:
            self._changed()
        return answer

    def suggestions(self) -> dict[str, tuple[str, float]]:
        """Of each image without an answer the likeliest class and its confidence; empty until two are known."""
        found = self._probabilities
        if found is None:
            return {}
        best, confidence = found.argmax(axis=1), found.max(axis=1)
        answered, names = self.labels(), self.classes
        return {
            path: (names[best[row]], float(confidence[row]))
            for row, path in enumerate(self.paths)
            if path not in answered
        }

    def screen(self, order: Order = "uncertain", rows: int = ROWS, columns: int = COLUMNS) -> Screen:
        """What to look at next.

        Args:
            order: `uncertain` shows the images whose label helps most, `certain` those that can be accepted row by
                row, `similar` groups of images that look alike. Without suggestions always the last.
        """
        suggested = self.suggestions()
        answered = self.labels()
        left = len(self.paths) - len(answered)
        if order == "similar" or not suggested:
            return Screen("similar", self._similar(answered, rows, columns, suggested), left)
        ranked = sorted(suggested, key=lambda path: suggested[path][1], reverse=order == "certain")
        shown = ranked[: rows * columns]
        # Images of one suggestion stand together, the likeliest first, so that a row can be accepted at once.
        shown.sort(key=lambda path: (self.classes.index(suggested[path][0]), -suggested[path][1]))
        return Screen(order, tuple(self._rows(shown, suggested, columns)), left)

    def state(self) -> dict[str, Any]:
        """Counts, for every interface."""
        answers = self.labels()
        counts = Counter(answers.values())
        return {
            "folder": str(self.folder),
            "images": len(self.paths),
            "classes": [{"class": name, "labelled": counts[name]} for name in self.classes],
            NONE: counts[NONE],
            SKIP: counts[SKIP],
            "left": len(self.paths) - len(answers),
            "presses": self.presses,
            "suggesting": self._probabilities is not None,
        }

    def write_table(self) -> Path:
        """Write `labels.csv` beside the images: those that have a class."""
        return write_table(self.folder, self.labels())

    def copy_class_folders(self, out: Path) -> int:
        """Copy the images that have a class into a folder for each class; how many there are."""
        return copy_class_folders(self.folder, self.labels(), out)

    def _rows(
        self, shown: Sequence[str], suggested: dict[str, tuple[str, float]], columns: int
    ) -> list[ScreenRow]:
        made: list[ScreenRow] = []
        for name in self.classes:
            own = [path for path in shown if suggested[path][0] == name]
            for start in range(0, len(own), columns):
                images = [ScreenImage(path, *suggested[path]) for path in own[start : start + columns]]
                made.append(ScreenRow(name, tuple(images)))
        return made

    def _similar(
        self, answered: dict[str, str], rows: int, columns: int, suggested: dict[str, tuple[str, float]]
    ) -> tuple[ScreenRow, ...]:
        made: list[ScreenRow] = []
        if columns not in self._groups:
            self._groups[columns] = similar_groups(self._points, columns)
        groups = self._groups[columns]
        # Groups from everywhere come first, so that the first screen shows something of all that is there.
        for group in groups[:: max(1, len(groups) // rows)] + groups:
            paths = [self.paths[row] for row in group if self.paths[row] not in answered]
            images = tuple(ScreenImage(path, *suggested.get(path, (None, None))) for path in paths)
            if images and all(images[0] not in row.images for row in made):
                made.append(ScreenRow(None, images))
            if len(made) == rows:
                break
        return tuple(made)

    @cached_property
    def _probabilities(self) -> NDArray[np.floating[Any]] | None:
        names = self.classes
        known = [
            (self._row[path], names.index(label)) for path, label in self.labels().items() if label in names
        ]
        rows, labels = (np.array([pair[part] for pair in known], np.int64) for part in (0, 1))
        if len(np.unique(labels)) < 2:
            return None
        return probabilities(self._points, rows, labels, len(names))

    def _changed(self) -> None:
        self.__dict__.pop("_probabilities", None)
        self.write_table()

    def _check(self, paths: Sequence[str]) -> None:
        unknown = [path for path in paths if path not in self._row]
        if unknown or not paths:
            raise DataError(
                "There is no such image in the folder",
                where=self.folder,
                received=", ".join(unknown[:3]) or "no path",
            )


def _class_faults(names: list[str], used: set[str]) -> str:
    if not names or not all(names) or len(names) > _MOST_CLASSES:
        return f"expected 1 to {_MOST_CLASSES:,} names"
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        return f"{twice[0]} is listed twice"
    reserved = [name for name in names if name in (NONE, SKIP)]
    if reserved:
        return f"{reserved[0]} is an answer, not a class"
    missing = sorted(used - set(names))
    return f"images are labelled {missing[0]}, so it cannot be left out" if missing else ""
