"""What the page Test shows of an evaluation: rows of tables, images with their answers, numbers as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from convonet.desktop.widgets.image_grid import Picture
from convonet.documents.evaluation import RunEvaluation
from convonet.session.predictions import ImageAnswer
from convonet.text import counted


def percent_text(value: float) -> str:
    """A score 0..1 in percent."""
    return f"{100 * value:.1f}%"


def class_rows(scores: RunEvaluation) -> list[tuple[str | float, ...]]:
    """A row of the table for each class."""
    return [(line.class_, line.precision, line.recall, line.f1, line.support) for line in scores.per_class]


def confused_pairs(classes: Sequence[str], matrix: Sequence[Sequence[int]]) -> list[tuple[str, str, int]]:
    """The pairs of classes that are taken for each other, the most frequent first."""
    pairs = [
        (classes[true], classes[predicted], count)
        for true, line in enumerate(matrix)
        for predicted, count in enumerate(line)
        if count and true != predicted
    ]
    return sorted(pairs, key=lambda pair: -pair[2])


def picture_of(answer: ImageAnswer, said: Mapping[str, str]) -> Picture:
    """An image with its answer; one that is marked bears what the mark says of it."""
    right = answer.true == answer.predicted
    title = f"{answer.true}, not {answer.predicted}" if not right else answer.true
    words = said.get(answer.address) or f"{title} ({100 * answer.confidence:.1f}%)"
    return Picture(answer.address, words, not right and answer.address not in said, answer.top)


def count_text(count: int, name: str) -> str:
    """A number of things, such as `1 mistake` or `1,204 images`."""
    return counted(count, name)
