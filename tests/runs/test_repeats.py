"""Two runs' tables and records, compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from convonet.documents.repetition import RunMismatch
from convonet.documents.run_record import RunRecord
from convonet.runs.repeats import changed_surroundings, table_difference

HEAD = "trial,fold,accuracy,seconds\n"


def _table(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(HEAD + text)
    return path


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("1,1,0.5,9\n1,2,0.25,9\n", None),
        ("1,2,0.25,9\n1,1,0.5,9\n", None),
        (
            "1,1,0.5,9\n1,2,0.2500000000000001,9\n",
            ("trial 1, fold 2", "accuracy", "0.25", "0.2500000000000001"),
        ),
        ("1,1,0.5,9\n1,2,,9\n", ("trial 1, fold 2", "accuracy", "0.25", None)),
        ("1,1,0.5,9\n", ("trial 1, fold 2", "", "there", None)),
        ("1,1,0.5,9\n1,2,0.25,9\n2,1,0.1,9\n", ("trial 2, fold 1", "", None, "there")),
    ],
)
def test_the_first_row_that_differs(
    tmp_path: Path, after: str, expected: tuple[str | None, ...] | None
) -> None:
    before = _table(tmp_path, "before.csv", "1,1,0.5,1.5\n1,2,0.25,1.6\n")
    found = table_difference(
        "trials", before, _table(tmp_path, "after.csv", after), ("trial", "fold"), ignored=("seconds",)
    )
    assert (found and (found.place, found.name, found.before, found.after)) == expected
    assert found is None or found.what == "trials"


def test_a_difference_in_words() -> None:
    found = RunMismatch(what="history", place="epoch 2", name="loss", before="0.5", after="0.25")
    assert found.sentence() == "loss of epoch 2 was 0.5 and is now 0.25"
    gone = RunMismatch(what="trials", place="trial 3", before="there", after=None)
    assert gone.sentence() == "trial 3 was there and is now missing"


def test_other_surroundings_are_named() -> None:
    before = RunRecord.of(
        {
            "state": "done",
            "versions": {"torch": "2.12", "keras": "3"},
            "machine": {"processor": "A", "platform": "L", "cores": 2},
        }
    )
    after = RunRecord.of(
        {
            "state": "done",
            "versions": {"torch": "2.13", "keras": "3"},
            "machine": {"processor": "A", "platform": "L", "cores": 4},
        }
    )
    changes = [change.to_dict() for change in changed_surroundings(before, after)]
    assert changes == [{"name": "torch", "before": "2.12", "after": "2.13"}]
