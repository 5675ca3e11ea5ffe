"""From real folders to the files of an evaluation, through the exported model."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn import metrics as reference

from convonet.data.data_prep import prepare
from convonet.data.sources import scan_set
from convonet.evaluation import evaluate, open_predictor, predict_files, write_evaluation
from convonet.inference.net_input import NetInput
from convonet.nets.export import export_onnx
from convonet.nets.registry import create_model
from convonet.params import DataParams, HyperParams
from convonet.params.data_params import PixelParams
from convonet.plots import save_confusion

RealData = Callable[[str], Path]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "folder", "pixels"),
    [
        ("hanzi", "Test", PixelParams(80, 60, 1)),
        ("chest_xray_28", "test", PixelParams(28, 28, 1)),
        ("cifar10_small", "test", PixelParams(32, 32, 3)),
    ],
)
def test_names_and_numbers_are_right_in_every_file(
    real_data: RealData, tmp_path: Path, name: str, folder: str, pixels: PixelParams
) -> None:
    root = real_data(name) / folder
    listing = scan_set(DataParams.of({"train_dir": str(root)}), "train")
    prepared = prepare(listing, pixels)
    model = create_model(HyperParams.of({"family": "logistic"}), NetInput(pixels, listing.classes))
    export_onnx(model, tmp_path / "model.onnx", samples=prepared.images[:8], keras_sha256=None)
    opened = open_predictor(tmp_path / "model.onnx")
    result = evaluate(opened, prepared)
    write_evaluation(tmp_path, result)
    save_confusion(tmp_path / "confusion_matrix.png", result.confusion_matrix, result.classes)

    with (tmp_path / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["true"] for row in rows] == [path.split("/")[0] for path in prepared.paths]
    expected = reference.confusion_matrix(
        [row["true"] for row in rows], [row["predicted"] for row in rows], labels=list(listing.classes)
    )
    assert result.confusion_matrix.tolist() == expected.tolist()
    assert result.images_per_second > 100

    # Read anew, file by file, an image gets the answer that it got in the set.
    places = range(0, len(rows), max(1, len(rows) // 20))
    again = predict_files(opened, [root / prepared.paths[place] for place in places])
    assert [item["predicted"] for item in again] == [rows[place]["predicted"] for place in places]
