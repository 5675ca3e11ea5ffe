"""The main job on real images, from the command line."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from convonet.params import SearchSpace, preset, save_hyper

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet, Said

pytestmark = [pytest.mark.slow, pytest.mark.data]


def _right(said: Said) -> Any:
    assert said.code == 0, said.err
    return said.json()


def _table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as content:
        return list(csv.DictReader(content))


def test_the_reference_digits_reach_the_reference_accuracy(
    convonet: Convonet, real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    root = real_data("mnist_png")
    save_hyper(tmp_path / "hyper.json", SearchSpace.of(preset("hyper", "reference_digits")))
    data = {
        "num_classes": 10,
        "train_dir": str(root / "training"),
        "test_dir": str(root / "testing"),
        "image_size": 28,
    }
    (tmp_path / "data.json").write_text(json.dumps(data | {"result_dir": str(tmp_path / "results")}))
    files = ["--data", tmp_path / "data.json", "--hyper", tmp_path / "hyper.json"]
    document = _right(convonet("train", *files, "--json"))
    assert document["epochs"] == 5
    scores = _right(convonet("evaluate", document["run"], "--json"))
    assert scores["images"] == 2000
    assert scores["accuracy"] >= 0.98
    rows = _table(Path(document["run"]) / "predictions.csv")
    true, predicted = [row["true"] for row in rows], [row["predicted"] for row in rows]
    assert accuracy_score(true, predicted) == scores["accuracy"]
    assert np.array_equal(
        confusion_matrix(true, predicted, labels=scores["classes"]), scores["confusion_matrix"]
    )
    with (Path(document["run"]) / "confusion_matrix.csv").open(encoding="utf-8") as content:
        table = list(csv.reader(content))
    assert np.array_equal(np.array([row[1:] for row in table[1:]], dtype=int), scores["confusion_matrix"])


@pytest.mark.parametrize(
    ("name", "size", "classes", "shape"),
    [
        ("cifar10_small", "32", 10, (32, 32, 3)),
        ("chest_xray_28", "28", 2, (28, 28, 1)),
        ("hanzi", "80x60", 55, (80, 60, 1)),
    ],
)
def test_other_sets_train_evaluate_and_predict_with_their_names(
    convonet: Convonet,
    real_data: Callable[[str], Path],
    tmp_path: Path,
    name: str,
    size: str,
    classes: int,
    shape: tuple[int, int, int],
) -> None:
    root = real_data(name)
    settings = ["--recipe", "none", "--set", "epochs=1", "--set", "num_filters=8", "--set", "num_units=32"]
    said = convonet(
        "train", "--train-dir", root, "--image-size", size, *settings, "--out", tmp_path, "--json"
    )
    run = Path(_right(said)["run"])
    scores = _right(convonet("evaluate", run, "--json"))
    folders = next(path for path in root.iterdir() if path.name.lower() == "test")
    names = {path.name for path in folders.iterdir()}
    assert set(scores["classes"]) == names
    assert len(names) == classes
    rows = _table(run / "predictions.csv")
    assert all(row["path"].split("/")[0] == row["true"] for row in rows)
    assert {f"p:{label}" for label in names} <= set(rows[0])
    layers = _right(convonet("summary", run, "--json"))["layers"]
    assert layers[0]["output_shape"] == [None, *shape]
    one = sorted(names)[0]
    answers = _right(convonet("predict", run, folders / one, "--json"))
    assert {answer["predicted"] for answer in answers} <= names
    if name == "chest_xray_28":
        record = json.loads((run / "run.json").read_text(encoding="utf-8"))
        assert record["data"]["sets"]["val"]["images"] == 270
        given = ["--positive", "PNEUMONIA", "--threshold", "0.3"]
        lower = _right(convonet("evaluate", run, *given, "--json"))
        assert (lower["positive"], lower["threshold"]) == ("PNEUMONIA", 0.3)
        at = [float(row["p:PNEUMONIA"]) >= 0.3 for row in _table(run / "predictions.csv")]
        assert at == [row["predicted"] == "PNEUMONIA" for row in _table(run / "predictions.csv")]
