"""Documents: what is read is what was written, keys of other versions are kept, damaged files give one clear error."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from convonet.documents.evaluation import SCORES, EvaluationDocument
from convonet.documents.history import HistoryTable
from convonet.documents.run_record import RunRecord, RunScores
from convonet.errors import DocumentError
from convonet.runs import RunStore
from convonet.runs.documents import list_row

RUNS = Path(__file__).parents[1] / "assets" / "v0_1" / "runs"
EVALUATIONS = sorted(RUNS.glob("*/evaluation.json"))


@pytest.mark.parametrize("path", EVALUATIONS, ids=lambda path: path.parent.name)
def test_an_evaluation_of_version_0_1_is_read_and_written_as_it_was(path: Path) -> None:
    stored = json.loads(path.read_text(encoding="utf-8"))
    document = EvaluationDocument.read(path)
    written = document.to_dict()
    assert {key: written[key] for key in stored} == stored
    assert (
        document.per_class[0].class_ == document["per_class"][0]["class"] == stored["per_class"][0]["class"]
    )


@pytest.mark.parametrize("path", sorted(RUNS.glob("*/run.json")), ids=lambda path: path.parent.name)
def test_a_record_of_version_0_1_keeps_its_keys_and_gets_no_others(path: Path) -> None:
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert RunRecord.read(path).to_dict() == stored


def test_keys_of_a_later_version_are_kept_at_every_level() -> None:
    value = {"test": {"accuracy": 0.5, "new": [1]}, "other": {"x": None}}
    scores = RunScores.of(value)
    assert scores.to_dict() == value
    assert scores.changed(search={"accuracy": 0.9, "loss": None}).to_dict() == value | {
        "search": {"accuracy": 0.9, "loss": None}
    }


def test_a_document_is_read_like_a_dictionary_too() -> None:
    scores = RunScores.of({"training": {"accuracy": 0.5}})
    assert scores["training"]["accuracy"] == 0.5
    assert scores.get("test") is None
    assert "test" not in scores
    assert list(scores.keys()) == ["training"]
    with pytest.raises(KeyError):
        scores["test"]


def test_every_score_of_the_list_is_a_number_of_the_document() -> None:
    document = EvaluationDocument.read(EVALUATIONS[0])
    values = [document[score.name] for score in SCORES]
    assert all(value is None or isinstance(value, float) for value in values)
    assert values.count(None) < len(values) / 2


def test_the_table_of_scores_leaves_out_what_an_earlier_version_did_not_measure() -> None:
    document = EvaluationDocument.read(EVALUATIONS[0])
    labels = [row.label for row in document.score_rows()]
    assert labels[:2] == ["Accuracy", "Baseline accuracy"]
    assert "Balanced accuracy" not in labels
    measured = document.changed(
        balanced_accuracy=0.75, intervals=document.intervals.changed(balanced_accuracy=(0.5, 0.875))
    )
    row = next(row for row in measured.score_rows() if row.label == "Balanced accuracy")
    assert (row.text, row.interval_text) == ("75.0%", "50.0–87.5%")


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "cannot be read"), ("[]", "damaged"), ('{"split": "test"}', "accuracy"), ("", "cannot be read")],
)
def test_a_damaged_file_gives_one_clear_error(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "evaluation.json"
    path.write_text(content)
    with pytest.raises(DocumentError, match=words) as raised:
        EvaluationDocument.read(path)
    assert str(path) in str(raised.value)


def test_a_history_with_a_word_for_a_number_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("epoch,loss\n1,much\n")
    with pytest.raises(DocumentError, match="history"):
        HistoryTable.read(tmp_path / "history.csv")


@pytest.mark.parametrize(
    "damage", ["{", "[]", '{"format_version": 2}', '{"format_version": 2, "state": "tired"}']
)
def test_a_bad_run_folder_does_not_break_a_list(tmp_path: Path, damage: str) -> None:
    for name in ("train", "bad"):
        shutil.copytree(RUNS / "train", tmp_path / name)
    (tmp_path / "bad" / "run.json").write_text(damage)
    store = RunStore(tmp_path, tmp_path / "index.jsonl")
    assert [run.id for run in store.known()] == ["train"]
    (tmp_path / "train" / "history.csv").write_text("epoch,val_accuracy\n1,none\n")
    (row,) = [list_row(run, record) for run, record in store.records()]
    assert (row.id, row.val_accuracy, row.accuracy) == (
        "train",
        None,
        row.scores.test and row.scores.test.accuracy,
    )
