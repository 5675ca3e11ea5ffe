"""Evaluations grouped with the run of their model, whether they have a run of their own or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from convonet import documents
from convonet.runs.naming import data_set_name, data_set_of

SPLITS = ("test", "val", "train")


def own_evaluations(record: documents.RunRecord) -> tuple[documents.EvaluationRow, ...]:
    """What a run's record says of its model, the test images first."""
    data = record.params.data or {}
    rows = []
    for split in SPLITS:
        scores = record.scores.evaluated(split)
        if scores is not None:
            folder = data.get(f"{split}_dir")
            rows.append(
                documents.EvaluationRow(
                    split=split,
                    data_set=data_set_name(folder) if folder else data_set_of(record),
                    images=scores.images,
                    accuracy=scores.accuracy,
                    accuracy_interval=scores.accuracy_interval,
                )
            )
    return tuple(rows)


def with_evaluations(rows: Sequence[documents.RunRow]) -> list[documents.RunRow]:
    """The rows in their order; an evaluation names its model's run in `belongs_to`, and that run has its scores."""
    by_path = {row.run: row for row in rows}
    owners = {row.run: owner for row in rows if (owner := _owner(row, by_path)) is not None}
    found: dict[str, list[documents.EvaluationRow]] = defaultdict(list)
    for row in rows:
        if row.run in owners:
            found[owners[row.run].run] += [one.changed(run=row.id) for one in row.evaluations]
    return [
        row.changed(
            belongs_to=owners[row.run].id if row.run in owners else None,
            evaluations=(*row.evaluations, *found[row.run]),
        )
        if row.run in owners or row.run in found
        else row
        for row in rows
    ]


def _owner(row: documents.RunRow, by_path: dict[str, documents.RunRow]) -> documents.RunRow | None:
    """The run whose model a row evaluates: the run's folder is named, or a file in it."""
    if row.model is None:
        return None
    model = Path(row.model)
    owner = by_path.get(str(model)) or by_path.get(str(model.parent))
    return None if owner is None or owner.run == row.run else owner
