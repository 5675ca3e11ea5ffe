"""What a person has said of the images of a folder: a log beside them that is only ever appended to.

Each line is one key press: the images it was about and the answer. Undoing is a line too, so a program that is killed
loses nothing, and a person may go on another day.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, NotRequired, TypedDict, cast

from convonet.atomic import storage_error
from convonet.errors import DataError

LOG = "convonet_sort.jsonl"
VERSION = 1
NONE, SKIP = "none_of_these", "skip"
"""Answers that are no class: the image is of none of the classes, or the person does not know."""
KEEP = "keep"
"""The answer to a doubt: the label is right as it stands."""
ANSWERS = (NONE, SKIP, KEEP)


class SortedImages(NamedTuple):
    """One key press.

    Attributes:
        paths: the images it was about.
        label: the class, `none_of_these`, `skip` or `keep`.
        accepted: it accepted what was suggested.
    """

    paths: tuple[str, ...]
    label: str
    accepted: bool = False

    @property
    def is_class(self) -> bool:
        """Whether the answer is a class."""
        return self.label not in ANSWERS


class LogLine(TypedDict):
    """One line of the log, as JSON.

    Attributes:
        version: of the format; added when the line is written.
        kind: `label`, `undo` or `classes`; kinds of later versions are passed over.
        paths, label, accepted: of `label`: the images and their class, and whether it was suggested.
        names: of `classes`, in the order of their number keys.
    """

    version: NotRequired[int]
    kind: str
    paths: NotRequired[list[str]]
    label: NotRequired[str]
    accepted: NotRequired[bool]
    names: NotRequired[list[str]]


class AnswerLog:
    """The answers of a folder, oldest first; those that were undone are gone from `answers`.

    Args:
        folder: where the images and the log are.

    Raises:
        DataError: the log is of a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / LOG
        self.answers: list[SortedImages] = []
        self.classes: list[str] = []
        self._whole_bytes = 0
        for line in self._lines():
            self._obey(line)

    def add(self, answer: SortedImages) -> None:
        """Keep an answer. It is on the disk when this returns."""
        self._write(
            {"kind": "label", "paths": list(answer.paths), "label": answer.label, "accepted": answer.accepted}
        )

    def undo(self) -> SortedImages | None:
        """Take the last answer back; None where there is none."""
        if not self.answers:
            return None
        last = self.answers[-1]
        self._write({"kind": "undo"})
        return last

    def name_classes(self, names: Sequence[str]) -> None:
        """Set the names of the classes, in the order of their number keys."""
        # Setting the same names again must not make the log grow.
        if list(names) != self.classes:
            self._write({"kind": "classes", "names": list(names)})

    def labels(self) -> dict[str, str]:
        """The last answer to each image that says what it is."""
        # A copy: another thread may add an answer meanwhile.
        given = [answer for answer in tuple(self.answers) if answer.label != KEEP]
        # Answers are in the order given, so the last one to an image wins.
        return {path: answer.label for answer in given for path in answer.paths}

    def reviewed(self) -> set[str]:
        """Images whose label was looked at again: kept, or given a second time."""
        counts = Counter(path for answer in tuple(self.answers) for path in answer.paths)
        return {path for path, count in counts.items() if count > 1}

    def _obey(self, line: LogLine) -> None:
        if line["kind"] == "label":
            self.answers.append(
                SortedImages(tuple(line["paths"]), line["label"], bool(line.get("accepted", False)))
            )
        elif line["kind"] == "undo" and self.answers:
            self.answers.pop()
        elif line["kind"] == "classes":
            self.classes = [str(name) for name in line["names"]]

    def _write(self, line: LogLine) -> None:
        content = (json.dumps({"version": VERSION, **line}, ensure_ascii=False) + "\n").encode()
        try:
            # Append mode ignores seek, and the torn line has to be overwritten.
            with self._file.open("r+b" if self._file.exists() else "w+b") as file:
                # A line that a killed program did not finish is written over.
                file.seek(self._whole_bytes)
                file.truncate()
                file.write(content)
                file.flush()
                # Flushing alone leaves the line in the system's memory, where a power cut would lose it.
                os.fsync(file.fileno())
        except OSError as error:
            raise storage_error(error, self._file) from error
        self._whole_bytes += len(content)
        self._obey(line)

    def _lines(self) -> Iterable[LogLine]:
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise DataError("The sorting log cannot be read", where=self._file) from error
        for raw in content.splitlines(keepends=True):
            line = _line(raw)
            if line is None:
                return
            if line.get("version", 0) > VERSION:
                raise DataError(
                    "The sorting log was written by a newer version of Convonet",
                    where=self._file,
                    expected=f"version {VERSION}",
                    received=line["version"],
                )
            self._whole_bytes += len(raw)
            yield line


def _line(raw: bytes) -> LogLine | None:
    """A whole line; None for one that was not finished."""
    if not raw.endswith(b"\n"):
        return None
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return cast(LogLine, value) if isinstance(value, dict) and "kind" in value else None
