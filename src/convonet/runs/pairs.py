"""Runs tested on the same images, compared image by image from their files of predictions."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from convonet.csv_files import csv_records
from convonet.documents.runs import PairRow
from convonet.runs.run import Run

PREDICTIONS = "predictions.csv"


class _Answers(NamedTuple):
    """Of each image, by its path: the true class, and whether the run has it right."""

    truth: dict[str, str]
    right: dict[str, bool]


def compare_pairs(runs: Sequence[Run]) -> list[PairRow]:
    """McNemar's test for every two of the runs that have predictions of test images.

    Returns:
        A row for each pair, with counts and the exact p value where they saw the same images with the same classes.
    """
    answers = [(run.id, found) for run in runs if (found := _read(run)) is not None]
    return [_pair(name_a, name_b, a, b) for (name_a, a), (name_b, b) in combinations(answers, 2)]


def _pair(name_a: str, name_b: str, a: _Answers, b: _Answers) -> PairRow:
    # Late: whoever lists runs needs no numpy.
    from convonet.metrics import mcnemar, mcnemar_sentence

    # McNemar's test counts images on which the two differ, so both must have seen the same ones with the same
    # labels.
    if a.truth != b.truth:
        sentence = f"{name_a} and {name_b} were not tested on the same images, so they cannot be paired."
        return PairRow(a=name_a, b=name_b, same_images=False, sentence=sentence)
    result = mcnemar(list(a.right.values()), [b.right[path] for path in a.right])
    return PairRow(
        a=name_a,
        b=name_b,
        same_images=True,
        both_right=result.both_right,
        only_a=result.only_a,
        only_b=result.only_b,
        both_wrong=result.both_wrong,
        p_value=result.p_value,
        sentence=mcnemar_sentence(result, name_a, name_b),
    )


def _read(run: Run) -> _Answers | None:
    """The answers in a run folder; None where there are none, or the file is not ours."""
    file = run.file(PREDICTIONS)
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = [
                (row["path"], row["true"], row["predicted"])
                for row in csv_records(lines, ("path", "true", "predicted"))
            ]
    except (OSError, KeyError, ValueError, csv.Error):
        return None
    if not rows:
        return None
    truth = {path: true for path, true, _ in rows}
    return _Answers(truth, {path: true == predicted for path, true, predicted in rows})
