"""Whether images of a test were marked after it: then its scores are those of other labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from convonet import documents
from convonet.errors import ConvonetError
from convonet.runs.predicted_images import predicted_images
from convonet.runs.run import Run
from convonet.text import counted, path_key


def marked_since(run: Run) -> int:
    """How many images of the last test were marked, or lost their mark, after it.

    0 also where that cannot be known: the run was not tested, the images are not here, or it is of a version that did
    not note the marks.
    """
    try:
        tested = documents.EvaluationDocument.in_folder(run.path, "test")
        if tested is None or tested.marks is None or not tested.root:
            return 0
        now = _by_path(documents.read_marks(Path(tested.root)).values())
    except ConvonetError:
        return 0
    before = _by_path(documents.Mark(mark.path, mark.label) for mark in tested.marks)
    changed = {key for key in now.keys() | before.keys() if now.get(key, "") != before.get(key, "")}
    if not changed:
        return 0
    # The file of marks may be about training images too, so only those that the test saw count.
    seen = {path_key(path) for path in predicted_images(run)} | before.keys()
    return len(changed & seen)


def outdated_sentence(name: str, count: int) -> str:
    """For people; empty where the test is up to date.

    Args:
        name: the run's.
        count: as `marked_since` gives it.
    """
    if not count:
        return ""
    marks = "the mark of" if count == 1 else "the marks of"
    images = counted(count, "test image has", "test images have")
    return f"The scores of {name} are outdated: {marks} {images} changed since the test. Test again."


def _by_path(marks: Iterable[documents.Mark]) -> dict[str, str | None]:
    """Path → label, None to leave it out; paths as different systems write them are one."""
    return {path_key(mark.path): mark.label for mark in marks}
