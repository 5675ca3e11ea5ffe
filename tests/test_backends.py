"""The other backends of keras train and evaluate too."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_another_backend_trains_and_evaluates_the_digits(digits: Path, tmp_path: Path, backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    folders = ["--train-dir", str(digits / "train"), "--test-dir", str(digits / "test"), "--image-size", "8"]
    settings = [
        "--set",
        "epochs=4",
        "--set",
        "batch_size=32",
        "--set",
        "batch_norm=before",
        "--set",
        "weight_average=1",
        "--test",
        "--out",
        str(tmp_path),
        "--name",
        "run",
    ]
    said = subprocess.run(
        [sys.executable, "-m", "convonet", "train", *folders, *settings, "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"KERAS_BACKEND": backend},
    )
    assert said.returncode == 0, said.stderr
    scores = json.loads((tmp_path / "run" / "evaluation.json").read_text())
    assert scores["accuracy"] > 0.9
