"""Evaluations beside each other: the sets of one model, and two models on the same images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from convonet.documents.evaluation import EvaluationDocument
from convonet.errors import DataError
from convonet.evaluation.evaluation import Evaluation
from convonet.metrics import McNemar, drop_sentence, mcnemar
from convonet.text import counted

ORDER = ("train", "val", "test")


class SideBySide(NamedTuple):
    """The scores of one model on several sets.

    Attributes:
        rows: one a set, in the order training, validation, test.
        warning: a sentence where test falls below validation by more than chance explains.
    """

    rows: tuple[EvaluationDocument, ...]
    warning: str | None


def side_by_side(evaluations: Sequence[Evaluation]) -> SideBySide:
    """The scores of each set in a row.

    Raises:
        ValueError: two evaluations of the same split.
    """
    by_split = {one.split: one for one in evaluations}
    if len(by_split) < len(evaluations):
        raise ValueError(
            f"evaluations: expected one per split, received {[one.split for one in evaluations]}."
        )
    rows = tuple(by_split[split].document() for split in ORDER if split in by_split)
    val, test = by_split.get("val"), by_split.get("test")
    warning = None
    if val is not None and test is not None:
        warning = drop_sentence(_correct(val), len(val), _correct(test), len(test))
    return SideBySide(rows, warning)


def compare_models(a: Evaluation, b: Evaluation) -> McNemar:
    """Whether two models differ on the same images; `metrics.mcnemar_sentence` says it in words.

    Raises:
        DataError: they were not evaluated on the same images.
    """
    labels_a = dict(zip(a.paths, (a.classes[label] for label in a.y_true), strict=True))
    labels_b = dict(zip(b.paths, (b.classes[label] for label in b.y_true), strict=True))
    if labels_a != labels_b:
        differ = sorted(path for path, _ in labels_a.items() ^ labels_b.items())
        raise DataError(
            "The two models were not evaluated on the same images with the same classes",
            expected="the same test set for both",
            received=f"{counted(len(set(differ)), 'different image')}; the first is {differ[0]}",
        )
    correct_b = dict(zip(b.paths, (b.y_true == b.y_pred).tolist(), strict=True))
    return mcnemar(a.y_true == a.y_pred, np.array([correct_b[path] for path in a.paths]))


def _correct(evaluation: Evaluation) -> int:
    return int(np.trace(evaluation.confusion_matrix))
