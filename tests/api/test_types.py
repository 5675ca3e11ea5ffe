"""The Python interface as type checkers see it."""

from __future__ import annotations

import ast
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import convonet

SCRIPT = Path(__file__).parent / "user_script.py"
MISSPELLINGS = {
    "convonet.samples(": "convonet.sampels(",
    "convonet.train(data, hyper, seed=1": "convonet.train(data, hyper, sead=1",
    "epochs=3, batch_size=16": "epochs=3, batchsize=16",
    "train_dir=str(written.train_dir)": "traindir=str(written.train_dir)",
    "run.accuracy": "run.acuracy",
    "scores.accuracy_interval": "scores.accuracy_intervall",
    "prediction.confidence": "prediction.confidance",
    'search="tpe"': 'search="tpee"',
    'errors="return"': 'errors="returns"',
    "tuned.best_hyper": "tuned.besthyper",
    "convonet.InputError": "convonet.InptError",
    "event.epoch, ": "event.epoc, ",
}


Checked = dict[str, list[str]]
"""What a type checker says of the script as it is, by "", and with each misspelling alone."""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The script as it is, by "", and with each misspelling alone."""
    folder = tmp_path_factory.mktemp("scripts")
    source = SCRIPT.read_text(encoding="utf-8")
    files = {"": folder / "script.py"}
    files[""].write_text(source, encoding="utf-8")
    for number, (good, bad) in enumerate(MISSPELLINGS.items()):
        assert source.count(good) == 1, good
        files[good] = folder / f"wrong_{number}.py"
        files[good].write_text(source.replace(good, bad), encoding="utf-8")
    return files


@pytest.fixture(scope="module")
def said_by_mypy(scripts: dict[str, Path]) -> Checked:
    folder = scripts[""].parent
    # An own configuration: that of this project would follow the plugin of pydantic, which people do not have.
    (folder / "mypy.ini").write_text("[mypy]\nfollow_untyped_imports = False\n", encoding="utf-8")
    options = ["--strict", "--config-file", folder / "mypy.ini", "--no-error-summary"]
    lines = _lines([sys.executable, "-m", "mypy", *options, *scripts.values()], folder)
    return {
        good: [line for line in lines if line.startswith(f"{file.name}:")] for good, file in scripts.items()
    }


@pytest.fixture(scope="module")
def said_by_pyright(scripts: dict[str, Path]) -> Checked:
    beside = Path(sys.executable).with_name("pyright")
    pyright = str(beside) if beside.exists() else shutil.which("pyright")
    if pyright is None:
        pytest.skip("pyright is not installed")
    folder = scripts[""].parent
    config = {"strict": ["."], "extraPaths": [str(Path(convonet.__file__).parents[1])]}
    (folder / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    lines = _lines([pyright, "--pythonpath", sys.executable], folder)
    return {
        good: [line for line in lines if f"{file.name}:" in line and " error:" in line]
        for good, file in scripts.items()
    }


def _lines(words: Sequence[str | Path], folder: Path) -> list[str]:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["said_by_mypy", "said_by_pyright"])
def test_a_script_with_every_public_name_passes_strict_checks(
    checker: str, request: pytest.FixtureRequest
) -> None:
    assert request.getfixturevalue(checker)[""] == []


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["said_by_mypy", "said_by_pyright"])
@pytest.mark.parametrize("good", MISSPELLINGS)
def test_a_misspelling_is_an_error(good: str, checker: str, request: pytest.FixtureRequest) -> None:
    assert len(request.getfixturevalue(checker)[good]) >= 1


def test_checkers_and_the_interpreter_know_the_same_names() -> None:
    stub = ast.parse(Path(convonet.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    typed = {
        alias.asname: (node.module, alias.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(typed) == set(convonet.__all__)
    for name, (module, real) in typed.items():
        if name != "runs":  # the package of that name, which can be called
            assert getattr(convonet, name) is getattr(importlib.import_module(str(module)), real)


def test_every_argument_is_explained() -> None:
    """In the docstring of its function, by its name."""
    import inspect

    for name in convonet.__all__:
        value = getattr(convonet, name)
        if not inspect.isfunction(value):
            continue
        assert value.__doc__ is not None, name
        for argument in inspect.signature(value).parameters:
            assert f"        {argument}: " in value.__doc__, f"{name}: {argument}"


def test_importing_convonet_chooses_the_backend_and_loads_nothing(tmp_path: Path) -> None:
    probe = """
import sys, convonet
heavy = {"keras", "torch", "numpy", "matplotlib", "PySide6", "pydantic"} & set(sys.modules)
assert not heavy, heavy
import keras
assert keras.backend.backend() == "torch", keras.backend.backend()
"""
    said = subprocess.run(
        [sys.executable, "-c", probe],
        env={
            "PATH": "/usr/bin",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(Path(convonet.__file__).parents[1]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr


def test_help_describes_the_fields_and_the_schema_their_bounds() -> None:
    assert "epochs: " in (convonet.HyperParams.__doc__ or "")
    assert "image_size: " in (convonet.DataParams.__doc__ or "")
    schema = convonet.HyperParams.model_json_schema()["properties"]
    assert (schema["epochs"]["minimum"], schema["batch_size"]["minimum"]) == (1, 1)


def test_predicting_loads_nothing_that_draws(trained: convonet.TrainedRun, digits: Path) -> None:
    probe = """
import sys, convonet
print(convonet.predict(sys.argv[1], sys.argv[2])[0].predicted)
heavy = {"matplotlib", "jinja2"} & set(sys.modules)
assert not heavy, heavy
"""
    image = sorted((digits / "train" / "3").iterdir())[0]
    said = subprocess.run(
        [sys.executable, "-c", probe, str(trained.path), str(image)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
