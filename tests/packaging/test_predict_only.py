"""Predicting with an ONNX file where neither Keras nor PyTorch is installed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

import convonet
from without_packages import python_without

ROOT = Path(__file__).parents[2]
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


LACKING = "keras torch opencv-python-headless optuna onnx matplotlib jinja2 h5py"
"""What one command installs where all of these are absent."""


@pytest.fixture(scope="module")
def trained(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> convonet.TrainedRun:
    data = {"train_dir": digits / "train", "image_size": 8}
    hyper = {"family": "logistic", "epochs": 1}
    return convonet.train(data, hyper, out=tmp_path_factory.mktemp("runs"), name="digits", threads=1)


def python(folder: Path, arguments: Sequence[str | Path]) -> CompletedProcess[str]:
    """Run Python in an environment without the packages that only training needs."""
    return python_without(ABSENT, folder, arguments)


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
    assert said.stderr.rstrip().endswith(f"Run pip install {LACKING}.")
    assert "Traceback" not in said.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "absent", "install"),
    [
        ("evaluate RUN IMAGES", ABSENT, LACKING),
        ("map IMAGES --out map.png", ABSENT, LACKING),
        ("report RUN", ABSENT, LACKING),
        ("inspect IMAGES --report images.html", ABSENT, LACKING),
        ("train IMAGES --recipe none --out runs", ABSENT, LACKING),
        ("evaluate RUN IMAGES", ["matplotlib"], "matplotlib"),
        ("report RUN", ["jinja2"], "jinja2"),
        ("train IMAGES --recipe none --out runs", ["jinja2"], "jinja2"),
    ],
)
def test_commands_name_the_package_and_how_to_install_it(
    trained: convonet.TrainedRun,
    digits: Path,
    tmp_path: Path,
    command: str,
    absent: Sequence[str],
    install: str,
) -> None:
    named = {"RUN": trained.path, "IMAGES": digits / "train"}
    words: list[str | Path] = [named.get(word, word) for word in command.split()]
    done = python_without(absent, tmp_path, ["-m", "convonet", *words, "--json"])
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert message.endswith(f", which is not installed. Run pip install {install}.")
    assert json.loads(done.stdout)["error"]["type"] == "MissingPackageError"
    assert not list(tmp_path.glob("runs/*"))


def test_the_list_of_packages_is_part_of_what_the_project_asks_for() -> None:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    needed = [line for line in lines if line and not line.startswith("#")]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    core = project.partition("dependencies = [")[2].partition("]")[0]
    assert set(needed) <= set(re.findall(r'"([^"]+)"', core))
    assert not any(re.match(rf"{name}\b", line) for name in ABSENT for line in needed)
