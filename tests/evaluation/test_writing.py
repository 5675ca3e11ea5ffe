from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as reference

from convonet.errors import OutputError
from convonet.evaluation.writing import write_csv, write_evaluation

Make = Callable[..., Any]
AWKWARD = ("a,b", 'say "no"', "two\nlines", "car\rriage", " 东 ", "p:x")


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def random_case(classes: int, images: int) -> tuple[list[int], np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.integers(0, classes, images).tolist(), rng.dirichlet(np.full(classes, 0.3), images)


@pytest.mark.parametrize("classes", [AWKWARD, tuple("东主人从众出口吗吠哭啖")])
def test_names_come_back_as_they_are(tmp_path: Path, evaluation: Make, classes: tuple[str, ...]) -> None:
    truth, table = random_case(len(classes), 60)
    result = evaluation(classes, truth, table)
    write_evaluation(tmp_path, result)

    head, *rows = read(tmp_path / "predictions.csv")
    assert head == ["path", "true", "predicted", "confidence", *(f"p:{name}" for name in classes)]
    assert [row[0] for row in rows] == list(result.paths)
    assert [row[1] for row in rows] == [classes[i] for i in truth]
    assert [row[2] for row in rows] == [classes[i] for i in result.y_pred]
    numbers = np.array([[float(text) for text in row[3:]] for row in rows])
    assert (numbers[:, 1:] == result.probabilities).all()
    assert (numbers[:, 0] == numbers[:, 1:].max(axis=1)).all()
    names, matrix = read(tmp_path / "confusion_matrix.csv")[0], read(tmp_path / "confusion_matrix.csv")[1:]
    assert names[1:] == [row[0] for row in matrix] == list(classes)


@pytest.mark.parametrize(("classes", "images"), [(2, 30), (10, 300), (55, 900)])
def test_the_matrix_is_that_of_scikit_learn_from_the_rows(
    tmp_path: Path, evaluation: Make, classes: int, images: int
) -> None:
    names = tuple(f"c{i}" for i in range(classes))
    truth, table = random_case(classes, images)
    write_evaluation(tmp_path, evaluation(names, truth, table))

    rows = read(tmp_path / "predictions.csv")[1:]
    expected = reference.confusion_matrix([r[1] for r in rows], [r[2] for r in rows], labels=list(names))
    matrix = [[int(cell) for cell in row[1:]] for row in read(tmp_path / "confusion_matrix.csv")[1:]]
    assert matrix == expected.tolist()
    saved = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert saved["confusion_matrix"] == matrix
    assert saved["accuracy"] == reference.accuracy_score([r[1] for r in rows], [r[2] for r in rows])


@pytest.mark.parametrize(("split", "ending"), [("test", ""), ("val", "_val"), ("train", "_train")])
def test_only_the_test_split_takes_the_plain_names(
    tmp_path: Path, evaluation: Make, split: str, ending: str
) -> None:
    result = evaluation(("a", "b"), [0, 1], [[0.9, 0.1], [0.2, 0.8]], split=split)
    written = write_evaluation(tmp_path / "new", result)

    names = [f"evaluation{ending}.json", f"confusion_matrix{ending}.csv", f"predictions{ending}.csv"]
    assert [path.name for path in written] == names
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(names)


def test_lines_end_in_lf_alone(tmp_path: Path, evaluation: Make) -> None:
    for path in write_evaluation(tmp_path, evaluation(("a", "东"), [0, 1], [[0.9, 0.1], [0.2, 0.8]])):
        content = path.read_bytes()
        assert b"\r" not in content
        assert content.endswith(b"\n")
        content.decode("utf-8")


def test_a_file_name_that_is_no_utf8_does_not_lose_the_table(tmp_path: Path) -> None:
    write_csv(tmp_path / "x.csv", ("path",), [("caf\udce9.png",)])
    assert read(tmp_path / "x.csv") == [["path"], ["caf\\udce9.png"]]


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path, evaluation: Make) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_evaluation(tmp_path / "file", evaluation(("a", "b"), [0, 1], [[0.9, 0.1], [0.2, 0.8]]))
