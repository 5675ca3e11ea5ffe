"""What a person who sorts sees at once: rows of images, most of them accepted with one key press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

Order = Literal["uncertain", "certain", "similar", "review"]
Suggestions = dict[str, tuple[str, float]]
"""Path → the likeliest class and its probability."""


class ScreenImage(NamedTuple):
    """An image that a person looks at.

    Attributes:
        suggestion: the likeliest class; None until two classes have a label.
        label: the class that it was given, where its label is in doubt.
    """

    path: str
    suggestion: str | None
    confidence: float | None
    label: str | None = None


class ScreenRow(NamedTuple):
    """Images that are accepted with one key press, where they have one suggestion."""

    suggestion: str | None
    images: tuple[ScreenImage, ...]


class Screen(NamedTuple):
    """What a person sees at once.

    Attributes:
        left: images without an answer; with the order `review`, labels that are in doubt.
    """

    order: Order
    rows: tuple[ScreenRow, ...]
    left: int


def suggestion_rows(
    shown: Sequence[str],
    suggested: Suggestions,
    classes: Sequence[str],
    columns: int,
    labels: Mapping[str, str] | None = None,
) -> tuple[ScreenRow, ...]:
    """Rows of at most `columns` images with one suggestion each, the likeliest first.

    Args:
        shown: paths of the images.
        classes: in the order of the rows.
        labels: of images whose label is in doubt.
    """
    made: list[ScreenRow] = []
    for name in classes:
        own = sorted(
            (path for path in shown if suggested[path][0] == name), key=lambda path: -suggested[path][1]
        )
        for start in range(0, len(own), columns):
            images = [
                ScreenImage(path, *suggested[path], labels.get(path) if labels else None)
                for path in own[start : start + columns]
            ]
            made.append(ScreenRow(name, tuple(images)))
    return tuple(made)


def similar_rows(
    groups: Sequence[Sequence[str]], rows: int, suggested: Suggestions, answered: Mapping[str, str]
) -> tuple[ScreenRow, ...]:
    """At most `rows` groups of images that look alike, without those that have an answer."""
    made: list[ScreenRow] = []
    # Groups from everywhere come first, so that the first screen shows something of all that is there.
    for group in (*groups[:: max(1, len(groups) // rows)], *groups):
        paths = [path for path in group if path not in answered]
        images = tuple(ScreenImage(path, *suggested.get(path, (None, None))) for path in paths)
        if images and all(images[0] not in row.images for row in made):
            made.append(ScreenRow(None, images))
        if len(made) == rows:
            break
    return tuple(made)
