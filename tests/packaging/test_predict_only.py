"""Predicting with an ONNX file where neither Keras nor PyTorch is installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import convonet

ROOT = Path(__file__).parents[2]
SOURCE = Path(convonet.__file__).parents[1]
REQUIREMENTS = ROOT / "requirements-predict.txt"
ABSENT = (
    *(
        "keras",
        "torch",
        "onnx",
        "matplotlib",
        "jinja2",
        "optuna",
        "sklearn",
        "scipy",
        "h5py",
        "pandas",
        "cv2",
    ),
    *("fastapi", "uvicorn", "PySide6", "httpx", "openvino"),
)
HIDDEN = f"""
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        absent = name.partition(".")[0] in {ABSENT!r}
        return None if absent else self.finder.find_spec(name, path, target)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


@pytest.fixture(scope="module")
def trained(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> convonet.TrainedRun:
    data = {"train_dir": digits / "train", "image_size": 8}
    hyper = {"family": "logistic", "epochs": 1}
    return convonet.train(data, hyper, out=tmp_path_factory.mktemp("runs"), name="digits", threads=1)


def python(folder: Path, arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run Python, and the workers it starts, in an environment without the packages that only training needs."""
    # Workers leave the folder they stand in out of PYTHONPATH.
    hidden = folder / "hidden"
    hidden.mkdir(exist_ok=True)
    (hidden / "sitecustomize.py").write_text(HIDDEN, encoding="utf-8")
    paths = os.pathsep.join([str(hidden), str(SOURCE)])
    variables = {"PYTHONPATH": paths, "CONVONET_HOME": str(folder / "home")}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=os.environ | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_python_and_the_command_line_predict(
    trained: convonet.TrainedRun, digits: Path, tmp_path: Path
) -> None:
    model, image = trained.path / "model.onnx", sorted((digits / "train" / "3").iterdir())[0]
    expected = trained.predict(image)[0]
    program = (
        "import sys, convonet; model = convonet.load(sys.argv[1]); "
        "print(model.predict(sys.argv[2])[0].confidence, 'torch' in sys.modules)"
    )
    said = python(tmp_path, ["-c", program, model, image])
    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == [str(expected.confidence), "False"]
    said = python(tmp_path, ["-m", "convonet", "predict", model, image, "--json"])
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)[0]["predicted"] == expected.predicted


def test_what_needs_keras_says_so(trained: convonet.TrainedRun, digits: Path, tmp_path: Path) -> None:
    image = sorted((digits / "train" / "3").iterdir())[0]
    said = python(tmp_path, ["-m", "convonet", "predict", trained.path / "model.keras", image])
    # The ONNX file beside it, which was made from it, answers.
    assert said.returncode == 0, said.stderr
    said = python(tmp_path, ["-m", "convonet", "explain", trained.path, image, "--method", "saliency"])
    assert said.returncode == 1
    assert "Keras is not installed" in said.stderr
    assert "Traceback" not in said.stderr


def test_the_list_of_packages_is_part_of_what_the_project_asks_for() -> None:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    needed = [line for line in lines if line and not line.startswith("#")]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    core = project.partition("dependencies = [")[2].partition("]")[0]
    assert set(needed) <= set(re.findall(r'"([^"]+)"', core))
    assert not any(re.match(rf"{name}\b", line) for name in ABSENT for line in needed)
