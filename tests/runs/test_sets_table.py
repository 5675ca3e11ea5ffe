from __future__ import annotations

import pytest

from convonet.documents.evaluation import SetsTable
from convonet.documents.run_record import RunScores
from convonet.metrics import wilson
from convonet.runs.sets_table import sets_table

TRAINING = {
    "accuracy": 0.99,
    "loss": 0.1,
    "images": 800,
    "val_accuracy": 0.95,
    "val_loss": 0.2,
    "val_images": 200,
}


def evaluated(accuracy: float, images: int) -> dict[str, object]:
    return {
        "accuracy": accuracy,
        "accuracy_interval": [0.0, 1.0],
        "loss": 0.5,
        "images": images,
    }


def test_sets_stand_in_order_with_what_is_known_of_each() -> None:
    table = sets_table(RunScores.of({"training": TRAINING, "test": evaluated(0.93, 100)}))
    assert [(row.set, row.accuracy, row.evaluated) for row in table.rows] == [
        ("train", 0.99, False),
        ("val", 0.95, False),
        ("test", 0.93, True),
    ]
    assert table.rows[1].accuracy_interval == wilson(190, 200)
    assert table.sentence is None


def test_an_evaluation_wins_over_what_training_saw() -> None:
    (row,) = sets_table(RunScores.of({"training": {"accuracy": 0.5}, "train": evaluated(0.97, 10)})).rows
    assert (row.accuracy, row.evaluated) == (0.97, True)


@pytest.mark.parametrize(("images", "said"), [(2000, True), (20, False)])
def test_test_below_validation_is_said_where_chance_does_not_explain_it(images: int, said: bool) -> None:
    table = sets_table(RunScores.of({"val": evaluated(0.95, images), "test": evaluated(0.85, images)}))
    assert (table.sentence is not None) == said


def test_without_scores_the_table_is_empty() -> None:
    assert sets_table(RunScores.of({})) == SetsTable(rows=(), sentence=None)
    assert len(sets_table(RunScores.of({"training": {"accuracy": 0.5, "val_accuracy": None}})).rows) == 1
