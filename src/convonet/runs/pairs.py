"""Runs tested on the same images, compared image by image from their files of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from convonet import documents
from convonet.runs.predicted_images import Predicted, in_common, predicted_images
from convonet.runs.run import Run


class _TestedRun(NamedTuple):
    run: Run
    name: str
    images: Predicted


def compare_pairs(runs: Sequence[Run], names: Sequence[str] | None = None) -> list[documents.PairRow]:
    """McNemar's test for every two of the runs that have predictions of test images.

    Only images that both were tested on under the same label count. An image that was marked between the two tests is
    left out of the test, and the sentence says how many were.

    Args:
        names: what the sentences call the runs; None: their ids.

    Returns:
        A row for each pair, with counts and the exact p value where they have images in common.
    """
    called = names or [run.id for run in runs]
    tested = [
        _TestedRun(run, name, found)
        for run, name in zip(runs, called, strict=True)
        if (found := predicted_images(run))
    ]
    return [_pair(a, b) for a, b in combinations(tested, 2)]


def _pair(a: _TestedRun, b: _TestedRun) -> documents.PairRow:
    # Late: whoever lists runs needs no numpy.
    from convonet.metrics import mcnemar, mcnemar_sentence

    # McNemar's test counts images on which the two differ, so both must have seen the same ones with the same labels.
    both = in_common(a.run, b.run, a.images, b.images)
    paths = [path for path in both if a.images[path].true == b.images[path].true]
    others = len(a.images.keys() | b.images.keys()) - len(paths)
    if not paths:
        sentence = f"{a.name} and {b.name} were not tested on the same images, so they cannot be compared."
        return documents.PairRow(a=a.run.id, b=b.run.id, same_images=False, sentence=sentence)
    result = mcnemar(
        [a.images[path].is_correct for path in paths], [b.images[path].is_correct for path in paths]
    )
    return documents.PairRow(
        a=a.run.id,
        b=b.run.id,
        same_images=not others,
        both_right=result.both_right,
        only_a=result.only_a,
        only_b=result.only_b,
        both_wrong=result.both_wrong,
        p_value=result.p_value,
        sentence=mcnemar_sentence(result, a.name, b.name) + _not_counted(others),
    )


def _not_counted(others: int) -> str:
    """How many images are not counted, as a sentence; empty where there are none."""
    if not others:
        return ""
    why = "not in both tests, or tested with different labels"
    return f" {others:,} {'image is' if others == 1 else 'images are'} not counted: {why}."
