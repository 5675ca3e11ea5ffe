from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from convonet.documents.run_record import DataRecord, MarkRow, SetRecord
from convonet.runs import Run
from convonet.runs.differences import difference
from convonet.runs.store import RunStore
from convonet.tasks import SummaryTask

HEAD = "path,true,predicted,confidence,p:a,p:b\n"


def made(parent: Path, name: str, rows: dict[str, tuple[str, float]], marks: Sequence[MarkRow] = ()) -> Run:
    """A run with these answers: path → (truth, probability of class a)."""
    run = Run.create(parent, SummaryTask(model="x"), name=name)
    lines = [
        f"{path},{true},{'a' if p >= 0.5 else 'b'},{max(p, 1 - p)},{p},{1 - p}"
        for path, (true, p) in rows.items()
    ]
    run.file("predictions.csv").write_text(HEAD + "\n".join(lines))
    images = SetRecord(root="x", images=len(rows), marks=tuple(marks), fingerprint=name)
    run.update(data=DataRecord(fingerprint=name, classes=("a", "b"), sets={"train": images}))
    return run


def test_changed_images_stand_by_size_of_change_and_marks_are_named(tmp_path: Path) -> None:
    before = made(tmp_path, "before", {"1": ("a", 0.9), "2": ("a", 0.2), "3": ("b", 0.4), "4": ("a", 0.6)})
    marks = [
        MarkRow(path="x/1.png", label="b", leave_out=False),
        MarkRow(path="x/2.png", label=None, leave_out=True),
    ]
    after = made(
        tmp_path,
        "after",
        {"1": ("a", 0.8), "2": ("a", 0.7), "3": ("b", 0.85), "4": ("a", 0.6), "5": ("a", 1)},
        marks,
    )
    found = difference(before, after)
    assert (found.images, found.gained, found.lost) == (4, 1, 1)
    assert [(row.path, row.a, row.b) for row in found.changed_images] == [
        ("2", "b", "a"),
        ("3", "b", "a"),
    ]
    assert [row.change for row in found.changed_images] == pytest.approx([0.5, -0.45])
    assert found.mean_change == pytest.approx(-0.0125)
    assert [(mark.path, mark.a, mark.b) for mark in found.marks] == [
        ("x/1.png", None, "b"),
        ("x/2.png", None, "left out"),
    ]
    assert found.sentence == (
        "after predicts 2 of 4 images differently from before: 1 became correct, 1 became wrong. "
        "The two runs differ in 2 marks."
    )


def test_an_image_whose_truth_was_marked_is_neither_gained_nor_lost(tmp_path: Path) -> None:
    before = made(tmp_path, "before", {"1": ("a", 0.1)})
    found = difference(before, made(tmp_path, "after", {"1": ("b", 0.1)}))
    assert (found.gained, found.lost, len(found.changed_images)) == (0, 0, 1)
    assert found.changed_images[0].change == pytest.approx(0.8)


def test_runs_without_tested_images_in_common(tmp_path: Path) -> None:
    one = made(tmp_path, "one", {"1": ("a", 0.1)})
    found = difference(one, made(tmp_path, "other", {"2": ("a", 0.1)}))
    assert (found.images, found.mean_change) == (0, None)
    assert "no test images in common" in found.sentence


def test_a_comparison_of_two_holds_the_difference(tmp_path: Path) -> None:
    runs = [made(tmp_path, name, {"1": ("a", p)}) for name, p in (("one", 0.9), ("two", 0.4))]
    document = RunStore(tmp_path).compare(runs)
    assert document.difference is not None
    assert document.difference.lost == 1
    assert RunStore(tmp_path).compare([*runs, runs[0]]).difference is None


def test_sentences_call_the_runs_by_the_names_that_are_given(tmp_path: Path) -> None:
    runs = [
        made(tmp_path, name, {"1": ("a", p), "2": ("b", 0.2)}) for name, p in (("one", 0.9), ("two", 0.4))
    ]
    found = RunStore(tmp_path).compare(runs, ["First try", "Second try"])
    assert found.difference is not None
    assert found.difference.sentence.startswith(
        "Second try predicts 1 of 2 images differently from First try"
    )
    assert found.pairs[0].sentence.startswith("Of 2 images, 1 is predicted correctly only by First try")
    assert (found.pairs[0].a, found.difference.b) == ("one", "two")
