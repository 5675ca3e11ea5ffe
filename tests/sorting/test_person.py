"""A scripted person sorts a thousand real photographs: answers truthfully, and sees only the screen, in its order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest

import convonet
from convonet.sorting import Screen, SortSession

pytestmark = [pytest.mark.slow, pytest.mark.data, pytest.mark.timeout(900)]


class Effort(NamedTuple):
    """What a person has done.

    Attributes:
        presses: number keys for a brushed selection, and accepted rows.
        strokes: brush strokes over neighbouring images of the screen, with the mouse.
    """

    presses: int
    strokes: int


def work(session: SortSession, truth: Mapping[str, str], presses: int) -> Effort:
    """Sort until so many keys were pressed or nothing is left.

    On each screen the person brushes over the images of a class that are suggested wrongly and presses its number key,
    class after class; then every row with images that are right is accepted.
    """
    strokes = done = 0
    while done < presses:
        screen = session.screen("certain" if done > presses // 3 else "uncertain")
        if not screen.rows:
            break
        shown = [image for row in screen.rows for image in row.images]
        for name in session.classes:
            wrong = [truth[image.path] == name != image.suggestion for image in shown]
            if not any(wrong) or done >= presses:
                continue
            session.label(
                [image.path for image, is_wrong in zip(shown, wrong, strict=True) if is_wrong], name
            )
            strokes += sum(is_wrong for is_wrong, _ in groupby(wrong))
            done += 1
        if not any(row.suggestion for row in screen.rows):
            continue
        done += accept_rows(session, truth, screen, presses - done)
    return Effort(done, strokes)


def accept_rows(session: SortSession, truth: Mapping[str, str], screen: Screen, most: int) -> int:
    """Accept what is right on each row of a screen; how many rows there were."""
    accepted = 0
    for row in screen.rows:
        paths = [image.path for image in row.images if truth[image.path] == row.suggestion]
        if not paths or row.suggestion is None or accepted >= most:
            continue
        session.label(paths, row.suggestion, accepted=True)
        accepted += 1
    return accepted


def right(session: SortSession, truth: Mapping[str, str]) -> float:
    """The fraction of all images that are right: those labelled, and the suggestions for the rest."""
    answers = session.labels() | {path: label for path, (label, _) in session.suggestions().items()}
    return sum(answers.get(path) == label for path, label in truth.items()) / len(truth)


def test_200_key_presses_sort_1000_photographs(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    truth = {}
    for number, file in enumerate(sorted((real_data("flowers_128") / "train").rglob("*.jpg"))):
        # A name tells nothing of the class, and neither does the order.
        name = f"{number * 7919 % 100_003:06}.jpg"
        shutil.copyfile(file, tmp_path / name)
        truth[name] = file.parent.name
    assert len(truth) == 1000
    session = convonet.sort(tmp_path, sorted(set(truth.values())))
    effort = work(session, truth, 200)
    assert effort.presses <= 200
    assert right(session, truth) >= 0.95
    assert (
        sum(session.labels()[path] == label for path, label in truth.items() if path in session.labels())
        > 800
    )
