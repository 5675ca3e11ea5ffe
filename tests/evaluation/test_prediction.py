from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet.data.sources import scan_images
from convonet.errors import Cancelled, ModelFileError, ParamError
from convonet.evaluation.prediction import predict_files
from convonet.events import Event, Progressed, Warned, Watch
from convonet.inference.answers import answers
from convonet.inference.model_info import ModelInfo
from convonet.params.data_params import PixelParams

Make = Callable[..., Any]
CLASSES = ("猫", "dog", "bird")
TABLE = [[0.7, 0.2, 0.1], [0.2, 0.45, 0.35], [0.1, 0.1, 0.8]]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Images 0, 1, 2 whose grey level is the table's row, one of them below a folder, and two that are none."""
    (tmp_path / "more").mkdir()
    for row, name in enumerate(("a.png", "b10.PNG", "more/c.bmp")):
        Image.fromarray(np.full((4, 5), row, dtype=np.uint8)).save(tmp_path / name)
    (tmp_path / "b9.png").write_text("no picture")
    (tmp_path / "notes.txt").write_text("left out")
    return tmp_path


def test_each_file_gets_its_own_answer_in_order(predictor: Make, pictures: Path) -> None:
    names = ["more/c.bmp", "b9.png", "a.png", "missing.png", "b10.PNG"]
    got = predict_files(predictor(CLASSES, TABLE), [pictures / name for name in names], top=2)

    assert [item["path"] for item in got] == [str(pictures / name) for name in names]
    assert [item.get("predicted") for item in got] == ["bird", None, "猫", None, "dog"]
    assert got[1].keys() == got[3].keys() == {"path", "error"}
    assert got[3]["error"] == "no such file"
    assert got[2] == {
        "path": str(pictures / "a.png"),
        "predicted": "猫",
        "confidence": pytest.approx(0.7),
        "unsure": False,
        "top": [
            {"class": "猫", "probability": pytest.approx(0.7)},
            {"class": "dog", "probability": pytest.approx(0.2)},
        ],
    }
    json.dumps(got, allow_nan=False)


def test_a_folder_is_walked_and_what_is_left_out_is_told(predictor: Make, pictures: Path) -> None:
    told: list[Event] = []
    got = predict_files(predictor(CLASSES, TABLE), scan_images([pictures]), watch=Watch(told.append))

    assert [Path(item["path"]).name for item in got] == ["a.png", "b9.png", "b10.PNG", "c.bmp"]
    (warning,) = [event for event in told if isinstance(event, Warned)]
    assert "1 file was skipped" in warning.message
    assert "notes.txt" in warning.message
    last = [event for event in told if isinstance(event, Progressed)][-1]
    assert (last.done, last.total) == (4, 4)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 64])
def test_the_batch_size_changes_no_answer(predictor: Make, pictures: Path, batch_size: int) -> None:
    files = scan_images([pictures, pictures / "a.png"])
    whole = predict_files(predictor(CLASSES, TABLE), files)
    assert predict_files(predictor(CLASSES, TABLE), files, batch_size=batch_size) == whole


def test_nothing_readable_is_errors_alone(predictor: Make, pictures: Path) -> None:
    got = predict_files(predictor(CLASSES, TABLE), [pictures / "b9.png", pictures / "no.png"])
    assert all(item.keys() == {"path", "error"} for item in got)


@pytest.mark.parametrize(
    ("below", "unsure"), [(None, [False, True, False]), (0.8, [True, True, False]), (0.0, [False] * 3)]
)
def test_unsure_is_below_the_chosen_confidence(below: float | None, unsure: list[bool]) -> None:
    table = np.array(TABLE, dtype=np.float64)
    got = answers(table, ModelInfo(CLASSES, PixelParams(4, 5, 1)), ["a", "b", "c"], unsure_below=below)
    assert [item["unsure"] for item in got] == unsure


def test_the_threshold_of_the_model_decides() -> None:
    info = ModelInfo(("no", "yes"), PixelParams(4, 5, 1), threshold=0.3, positive="yes")
    (got,) = answers(np.array([[0.65, 0.35]], dtype=np.float32), info, ["x.png"])

    assert got["predicted"] == "yes"
    assert got["confidence"] == pytest.approx(0.35)
    assert [item["class"] for item in got["top"]] == ["no", "yes"]


def test_a_model_without_names_counts_its_classes() -> None:
    (got,) = answers(np.array([TABLE[2]], dtype=np.float32), ModelInfo((), PixelParams(4, 5, 1)), ["x.png"])
    assert got["predicted"] == "2"


def test_wrong_options_are_told_together_and_before_the_work(predictor: Make) -> None:
    with pytest.raises(ParamError) as caught:
        predict_files(predictor(CLASSES, TABLE), [], top=0, unsure_below=1.5)
    assert set(caught.value.faults) == {"top", "unsure_below"}


def test_output_that_is_no_probabilities_is_refused(predictor: Make, pictures: Path) -> None:
    with pytest.raises(ModelFileError, match="NaN or infinite values for 1 of 1"):
        predict_files(predictor(CLASSES, [[np.nan] * 3]), [pictures / "a.png"])


def test_a_wish_to_stop_ends_the_work(predictor: Make, pictures: Path) -> None:
    with pytest.raises(Cancelled):
        predict_files(
            predictor(CLASSES, TABLE), scan_images([pictures]), watch=Watch(should_stop=lambda: True)
        )
