"""What changed from one run to another: images whose answer changed, by how much, and the marks between them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import NamedTuple

from convonet.csv_files import csv_records
from convonet.documents.runs import ChangedImage, MarkDifference, RunDifference
from convonet.runs.run import Run

PREDICTIONS = "predictions.csv"


class _Said(NamedTuple):
    """What a run answered to one test image. `p_true`: probability of the true class."""

    true: str
    predicted: str
    p_true: float


def difference(a: Run, b: Run) -> RunDifference:
    """How the answers of `b` to test images differ from those of `a`, and which marks only one of them obeyed.

    Only images that both have answered count. An image whose true class differs has been marked between the runs;
    it is listed, and counted neither as gained nor as lost.
    """
    first, second = _read(a), _read(b)
    both = [path for path in first if path in second]
    rows = [_row(path, first[path], second[path]) for path in both]
    changed = [row for row in rows if row.a != row.b or row.true != row.true_before]
    changed.sort(key=lambda row: -abs(row.change))
    # An image with another label is neither won nor lost: it is another question.
    same = [row for row in rows if row.true == row.true_before]
    gained = sum(row.b == row.true != row.a for row in same)
    lost = sum(row.a == row.true != row.b for row in same)
    marks = _marks(a, b)
    return RunDifference(
        a=a.id,
        b=b.id,
        images=len(both),
        gained=gained,
        lost=lost,
        changed_images=tuple(changed),
        mean_change=sum(row.change for row in rows) / len(rows) if rows else None,
        marks=tuple(marks),
        sentence=_sentence(a.id, b.id, len(both), (len(changed), gained, lost), len(marks)),
    )


def _row(path: str, before: _Said, after: _Said) -> ChangedImage:
    return ChangedImage(
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
    said = f"Of {images:,} images {changed:,} are answered otherwise by {b}: {gained:,} became right, {lost:,} wrong"
    return said + (f"; {marks:,} marks differ." if marks else ".")


def _read(run: Run) -> dict[str, _Said]:
    """The answers by path; empty where the run was not tested."""
    try:
        with run.file(PREDICTIONS).open(encoding="utf-8", newline="") as lines:
            return {row["path"]: _said(row) for row in csv_records(lines)}
    except (OSError, KeyError, ValueError, csv.Error):
        return {}


def _said(row: Mapping[str, str]) -> _Said:
    return _Said(row["true"], row["predicted"], float(row[f"p:{row['true']}"]))


def _marks(a: Run, b: Run) -> list[MarkDifference]:
    """Marks that one run obeyed and the other did not, or otherwise."""
    said = {run.id: _obeyed(run) for run in (a, b)}
    keys = sorted({key for marks in said.values() for key in marks})
    return [
        MarkDifference(set=name, path=path, a=said[a.id].get((name, path)), b=said[b.id].get((name, path)))
        for name, path in keys
        if said[a.id].get((name, path)) != said[b.id].get((name, path))
    ]


def _obeyed(run: Run) -> dict[tuple[str, str], str]:
    """`left out` or the label that was given, by set and path."""
    data = run.read().data
    return {
        (name, mark.path): "left out" if mark.label is None else mark.label
        for name, part in (data.sets if data else {}).items()
        for mark in part.marks
    }
