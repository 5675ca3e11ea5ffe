"""A package that is not installed is one error with its name and the command that installs it."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from convonet.errors import MissingPackageError
from convonet.packages import _CORE, missing_package, not_installed, require
from without_packages import python_without

ROOT = Path(__file__).parents[1]
_JOBS = """
import json, sys
from convonet.errors import MissingPackageError
from convonet.jobs import job_module
from convonet.packages import missing_package
from convonet.tasks import kinds

said = {}
for kind, task in kinds().items():
    try:
        job_module(task)
    except MissingPackageError as error:
        said[kind] = error.sentence()
    except ModuleNotFoundError as error:
        missing = missing_package(error)
        said[kind] = missing.sentence() if missing else f"unexpected: {error}"
json.dump(said, sys.stdout)
"""


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("matplotlib", "pip install matplotlib."),
        ("cv2", "pip install opencv-python-headless."),
        ("PySide6", "pip install 'convonet[desktop]'."),
    ],
)
def test_the_error_names_module_and_command(module: str, command: str) -> None:
    error = missing_package(
        ModuleNotFoundError(f"No module named '{module}'", name=f"no_such_{module}.figure")
    )
    assert error is not None
    assert "no_such_" in error.what
    assert not_installed(module).sentence() == f"This needs {module}, which is not installed. Run {command}"


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("No module named 'convonet.no_such'", name="convonet.no_such"),
        ModuleNotFoundError("No module named 'numpy.no_such'", name="numpy.no_such"),
        ImportError("cannot import name 'no_such' from 'numpy'", name="numpy"),
        ValueError("no_such"),
    ],
)
def test_other_faults_stay_what_they_are(error: Exception) -> None:
    assert missing_package(error) is None


def test_what_is_required() -> None:
    require("numpy")
    with pytest.raises(MissingPackageError, match="This needs no_such_package, which"):
        require("no_such_package")


def test_pip_knows_the_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    def names(requirements: Iterable[str]) -> set[str]:
        return {re.split(r"[>=<\[; ]", line)[0] for line in requirements}

    assert set(_CORE.values()) == names(project["dependencies"])
    declared = names(itertools.chain(*extras.values()))
    for module in ("sklearn", "PySide6", "fastapi", "openvino", "ray", "python_multipart"):
        package = str(not_installed(module).hint).removeprefix("Run pip install ").strip("'")
        extra = re.fullmatch(r"convonet\[(.+)\]", package)
        assert extra[1] in extras if extra else package in declared


def others(*names: str) -> list[object]:
    """Cases for `make test-all`: each loads PyTorch in a new process."""
    return [pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.mark.parametrize("absent", ["keras", *others("torch", "matplotlib", "jinja2", "onnx", "h5py")])
def test_every_job_names_the_package(absent: str, tmp_path: Path) -> None:
    done = python_without([absent], tmp_path, ["-c", _JOBS])
    assert done.returncode == 0, done.stderr
    sentences = json.loads(done.stdout)
    # An ONNX file predicts without any of them.
    assert sentences
    assert "predict" not in sentences
    expected = (
        "Keras is not installed" if absent == "keras" else f"This needs {absent}, which is not installed"
    )
    assert all(sentence.startswith(expected) for sentence in sentences.values()), sentences
