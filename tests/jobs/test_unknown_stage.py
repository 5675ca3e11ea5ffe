"""A training sets a threshold for unknown images, and every way of predicting answers by it."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import convonet
from convonet.data.samples import write_samples


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The folder of the digits, a run on them, and a folder of noise."""
    root = tmp_path_factory.mktemp("unknown")
    write_samples("digits", root / "digits")
    run = convonet.train(
        str(root / "digits"), {"family": "convonet", "epochs": 4, "num_filters": 8, "num_units": 64}, out=root
    )
    noise = root / "noise"
    noise.mkdir()
    rng = np.random.default_rng(0)
    for number in range(40):
        Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(noise / f"{number}.png")
    return root / "digits", Path(run.path), noise


def test_noise_is_none_of_the_classes_and_digits_are(trained: tuple[Path, Path, Path]) -> None:
    digits, run, noise = trained
    outside = convonet.predict(run, [noise])
    inside = convonet.predict(run, [digits / "test"])
    assert np.mean([answer["unknown"] for answer in outside]) > 0.9
    assert np.mean([answer["unknown"] for answer in inside]) < 0.12


@pytest.mark.slow
def test_a_test_with_outside_images_reports_how_well_they_are_told(trained: tuple[Path, Path, Path]) -> None:
    _, run, noise = trained
    without: dict[str, Any] = json.loads((run / "evaluation.json").read_text())["unknown"]
    assert without["auroc"] is None
    assert without["false_alarms"] < 0.12
    assert "was not measured" in (run / "report.html").read_text()
    found = convonet.evaluate(run, outside=[noise])["unknown"]
    assert found["outside_images"] == 40
    assert found["auroc"] > 0.98
    assert "unknown images" in (run / "report.html").read_text()


@pytest.mark.slow
def test_the_exported_script_gives_the_same_answer(trained: tuple[Path, Path, Path], tmp_path: Path) -> None:
    digits, run, noise = trained
    convonet.export(run, "folder", out=tmp_path / "exported")
    files = [next(noise.iterdir()), next((digits / "test").rglob("*.png"))]
    is_unknown = runpy.run_path(str(tmp_path / "exported" / "predict.py"))["is_unknown"]
    expected = [answer["unknown"] for answer in convonet.predict(run, files)]
    assert [is_unknown(file) for file in files] == expected == [True, False]
    command = [sys.executable, tmp_path / "exported" / "predict.py", *files]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [json.loads(line)["unknown"] for line in printed] == expected


@pytest.mark.slow
def test_a_rate_of_0_turns_the_answer_off(trained: tuple[Path, Path, Path], tmp_path: Path) -> None:
    digits, _, noise = trained
    run = convonet.train(
        str(digits), {"family": "logistic", "epochs": 1, "unknown_rate": 0}, out=tmp_path, test=False
    )
    assert "unknown" not in convonet.predict(run.path, [noise])[0]
