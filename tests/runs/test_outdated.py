"""Marks that are set after a test make its scores outdated."""

from __future__ import annotations

from pathlib import Path

import pytest

from convonet.data.marks import write_marks
from convonet.documents.evaluation import EvaluationDocument
from convonet.documents.marks import Mark
from convonet.runs import Run
from convonet.runs.outdated import marked_since, outdated_sentence
from made_scores import write_scores


@pytest.fixture
def tested(tmp_path: Path) -> tuple[Run, Path]:
    """A run that was tested on x/0.png, x/1.png and y/2.png, and the folder of these images."""
    folder, images = tmp_path / "run", tmp_path / "images"
    folder.mkdir()
    images.mkdir()
    write_scores(folder, "xy", [[2, 0], [0, 1]], str(images))
    return Run(folder), images


def mark(images: Path, *marks: Mark) -> None:
    write_marks(images, {mark.path: mark for mark in marks})


def test_marks_of_tested_images_are_counted(tested: tuple[Run, Path]) -> None:
    run, images = tested
    assert marked_since(run) == 0
    mark(images, Mark("x/0.png", None), Mark("y/2.png", "x"), Mark("train/9.png", None))
    assert marked_since(run) == 2
    mark(images)
    assert marked_since(run) == 0


def test_a_mark_that_was_obeyed_and_taken_away_counts_too(tested: tuple[Run, Path]) -> None:
    run, images = tested
    file = run.file("evaluation.json")
    mark(images, Mark("x/7.png", None))
    found = EvaluationDocument.read(file)
    found.changed(marks=[Mark("x/7.png", None).row().to_dict()]).write(file)
    assert marked_since(run) == 0
    mark(images)
    assert marked_since(run) == 1


def test_tests_of_earlier_versions_say_nothing(tested: tuple[Run, Path]) -> None:
    run, images = tested
    file = run.file("evaluation.json")
    EvaluationDocument.read(file).changed(marks=None).write(file)
    mark(images, Mark("x/0.png", None))
    assert marked_since(run) == 0


def test_the_sentence() -> None:
    assert outdated_sentence("a", 0) == ""
    assert outdated_sentence("a", 1) == (
        "The scores of a are outdated: the mark of 1 test image has changed since the test. Test again."
    )
    assert "the marks of 2 test images have changed" in outdated_sentence("a", 2)
