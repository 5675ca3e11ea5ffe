"""What changed from one run to another: images whose answer changed, by how much, and the marks between them."""

from __future__ import annotations

from convonet import documents
from convonet.errors import DocumentError
from convonet.runs.predicted_images import PredictedImage, in_common, predicted_images
from convonet.runs.run import Run
from convonet.text import counted


def difference(a: Run, b: Run, names: tuple[str, str] | None = None) -> documents.RunDifference:
    """How the predictions of `b` for test images differ from those of `a`, and which marks only one of them obeyed.

    Only images that both were tested on count. An image whose true class differs has been marked between the runs;
    it is listed, and counted neither as gained nor as lost.

    Args:
        names: what the sentence calls the two; None: their ids.
    """
    first, second = predicted_images(a, probabilities=True), predicted_images(b, probabilities=True)
    both = in_common(a, b, first, second)
    rows = [_row(path, first[path], second[path]) for path in both]
    changed = [row for row in rows if row.a != row.b or row.true != row.true_before]
    # The largest changes come first, in either direction, since these are worth looking at.
    changed.sort(key=lambda row: -abs(row.change))
    # An image with another label is neither won nor lost: it is another question.
    same = [row for row in rows if row.true == row.true_before]
    gained = sum(row.b == row.true != row.a for row in same)
    lost = sum(row.a == row.true != row.b for row in same)
    marks = _marks(a, b)
    return documents.RunDifference(
        a=a.id,
        b=b.id,
        images=len(both),
        gained=gained,
        lost=lost,
        changed_images=tuple(changed),
        mean_change=sum(row.change for row in rows) / len(rows) if rows else None,
        marks=tuple(marks),
        sentence=_sentence(*(names or (a.id, b.id)), len(both), (len(changed), gained, lost), len(marks)),
    )


def _row(path: str, before: PredictedImage, after: PredictedImage) -> documents.ChangedImage:
    return documents.ChangedImage(
        path=path,
        true=after.true,
        true_before=before.true,
        a=before.predicted,
        b=after.predicted,
        p_a=before.p_true,
        p_b=after.p_true,
        change=after.p_true - before.p_true,
    )


def _sentence(a: str, b: str, images: int, counts: tuple[int, int, int], marks: int) -> str:
    changed, gained, lost = counts
    if not images:
        return f"{a} and {b} have no test images in common."
    changes = f"{gained:,} became correct, {lost:,} became wrong"
    text = f"{b} predicts {changed:,} of {counted(images, 'image')} differently from {a}: {changes}."
    return text + (f" The two runs differ in {marks:,} mark{'' if marks == 1 else 's'}." if marks else "")


def _marks(a: Run, b: Run) -> list[documents.MarkDifference]:
    """Marks that one run obeyed and the other did not, or otherwise."""
    first, second = _obeyed(a), _obeyed(b)
    return [
        documents.MarkDifference(set=key[0], path=key[1], a=first.get(key), b=second.get(key))
        for key in sorted(first.keys() | second.keys())
        if first.get(key) != second.get(key)
    ]


def _obeyed(run: Run) -> dict[tuple[str, str], str]:
    """`left out` or the label that was given, by set and path; of test images as the last test obeyed them."""
    data, tested = run.read().data, _tested_marks(run)
    marks = {name: part.marks for name, part in (data.sets if data else {}).items()}
    # Test images can be marked and tested again later, so the test's own document is newer than the record.
    if tested is not None:
        marks["test"] = tested
    return {
        (name, mark.path): "left out" if mark.label is None else mark.label
        for name, rows in marks.items()
        for mark in rows
    }


def _tested_marks(run: Run) -> tuple[documents.MarkRow, ...] | None:
    try:
        found = documents.EvaluationDocument.in_folder(run.path, "test")
    except DocumentError:
        return None
    return found.marks if found is not None else None
