from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from convonet.errors import ModelFileError
from convonet.evaluation.models import keras_file, open_predictor, sha256_of
from convonet.events import Event, Warned, Watch
from convonet.inference.net_input import NetInput
from convonet.inference.onnx_model import OnnxModel
from convonet.nets.export import export_onnx
from convonet.nets.net_model import NetModel
from convonet.nets.registry import create_model
from convonet.params.data_params import PixelParams
from convonet.params.hyper_params import HyperParams

PIXELS = PixelParams(6, 7, 1)


def save(folder: Path, seed: int) -> None:
    """A small model as a run keeps it."""
    folder.mkdir()
    model = create_model(HyperParams.of({"family": "logistic", "seed": seed}), NetInput(PIXELS, ("东", "西")))
    model.save(folder / "model.keras")
    samples = np.random.default_rng(0).integers(0, 256, (4, *PIXELS.shape), dtype=np.uint8)
    export_onnx(model, folder / "model.onnx", samples=samples, keras_sha256=sha256_of(folder / "model.keras"))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two run folders, one and other."""
    root = tmp_path_factory.mktemp("models")
    save(root / "one", 1)
    save(root / "other", 2)
    return root


@pytest.fixture
def run(saved: Path, tmp_path: Path) -> Path:
    """A copy of the first run folder that a test may change."""
    return shutil.copytree(saved / "one", tmp_path / "run")


@pytest.mark.parametrize("name", ["", "model.keras", "model.onnx"])
def test_the_matching_onnx_is_taken(run: Path, name: str) -> None:
    got = open_predictor(run / name, threads=1)
    assert isinstance(got, OnnxModel)
    assert got.info.classes == ("东", "西")


def test_both_ways_give_the_same_probabilities(run: Path) -> None:
    images = np.random.default_rng(3).integers(0, 256, (20, *PIXELS.shape), dtype=np.uint8)
    fast = open_predictor(run).predict(images)
    (run / "model.onnx").unlink()
    slow = open_predictor(run)
    assert isinstance(slow, NetModel)
    np.testing.assert_allclose(fast, slow.predict(images), atol=1e-5)


def test_a_run_that_holds_onnx_alone_predicts(run: Path) -> None:
    (run / "model.keras").unlink()
    assert isinstance(open_predictor(run), OnnxModel)


@pytest.mark.parametrize("spoil", ["other", "torn", "empty"])
def test_an_onnx_that_does_not_belong_is_left_with_a_reason(saved: Path, run: Path, spoil: str) -> None:
    onnx = run / "model.onnx"
    if spoil == "other":
        shutil.copyfile(saved / "other" / "model.onnx", onnx)
    else:
        onnx.write_bytes(onnx.read_bytes()[:100] if spoil == "torn" else b"")
    told: list[Event] = []
    got = open_predictor(run, watch=Watch(told.append))

    assert isinstance(got, NetModel)
    (warning,) = told
    assert isinstance(warning, Warned)
    assert "slower" in warning.message


def test_without_its_keras_file_a_torn_onnx_is_an_error(run: Path) -> None:
    (run / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelFileError):
        open_predictor(run / "model.onnx")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("empty", "no model in this folder"),
        ("notes.txt", "This file is not a model"),
        ("run2", "There is no such model"),
        ("ruh", "Did you mean run?"),
        ("run/model.kera", "Did you mean model.keras?"),
        ("no/such/model.keras", "There is no such model"),
    ],
)
def test_what_is_no_model_is_said(run: Path, name: str, part: str) -> None:
    (run.parent / "empty").mkdir()
    (run.parent / "notes.txt").write_text("notes")
    with pytest.raises(ModelFileError) as caught:
        open_predictor(run.parent / name)
    assert part in str(caught.value)
    assert "run folder with model.keras" in str(caught.value)


def test_the_hash_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc" * 100_000)
    assert sha256_of(tmp_path / "x") == hashlib.sha256(b"abc" * 100_000).hexdigest()
    with pytest.raises(ModelFileError, match="cannot be read"):
        sha256_of(tmp_path)


def test_the_fast_way_loads_neither_keras_nor_torch(run: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from convonet.evaluation import open_predictor; "
        "open_predictor(Path(sys.argv[1])); "
        "sys.exit(', '.join({'keras', 'torch', 'matplotlib', 'sklearn'} & set(sys.modules)) or 0)"
    )
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", code, str(run)],
        env=os.environ | {"PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_folder_without_a_keras_file_is_refused_in_the_same_words(tmp_path: Path) -> None:
    """Where only Keras will do, as where ONNX does as well."""
    for opening in (keras_file, open_predictor):
        with pytest.raises(ModelFileError, match="There is no model in this folder") as caught:
            opening(tmp_path)
        assert "a run folder with model.keras" in str(caught.value.expected)
    (tmp_path / "model.keras").write_bytes(b"")
    assert keras_file(tmp_path) == tmp_path / "model.keras" == keras_file(tmp_path / "model.keras")
    with pytest.raises(ModelFileError, match=r"Did you mean model\.keras"):
        keras_file(tmp_path / "modle.keras")
