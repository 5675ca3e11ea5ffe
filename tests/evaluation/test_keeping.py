"""Threshold and temperature written into a model: file, ONNX and predictions stay one thing."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from convonet import api
from convonet.errors import InputError, ModelFileError, ParamError
from convonet.evaluation import Chosen, keep, open_predictor
from convonet.evaluation.models import sha256_of
from convonet.events import Event, Warned, Watch
from convonet.inference.model_info import MEMBER
from convonet.inference.net_input import NetInput
from convonet.inference.onnx_model import OnnxModel
from convonet.nets.backend import keras
from convonet.nets.export import export_onnx
from convonet.nets.net_model import NetModel
from convonet.nets.registry import create_model
from convonet.params.data_params import PixelParams
from convonet.params.hyper_params import HyperParams

PIXELS = PixelParams(6, 6, 1)
CLASSES = ("ill", "well")


@pytest.fixture(scope="module", params=["softmax", "logits", "sigmoid", "sigmoid_logit"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of two classes and its ONNX file."""
    folder = tmp_path_factory.mktemp("models")
    model = create_model(
        HyperParams.of({"family": "logistic", "output": request.param, "seed": 3}),
        NetInput(PIXELS, tuple(CLASSES)),
    )
    assert model.info.output == {"softmax": "probabilities"}.get(request.param, request.param)
    model.save(folder / "model.keras")
    export_onnx(model, folder / "model.onnx", keras_sha256=sha256_of(folder / "model.keras"))
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return shutil.copytree(made, tmp_path / "model")


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (30, *PIXELS.shape), dtype=np.uint8)


def _members(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != MEMBER}


def _open_quietly(path: Path) -> OnnxModel:
    told: list[Event] = []
    model = open_predictor(path, watch=Watch(told.append))
    assert isinstance(model, OnnxModel)
    assert not [event for event in told if isinstance(event, Warned)]
    return model


def test_a_kept_threshold_is_obeyed_and_the_weights_stay(folder: Path, noise: np.ndarray) -> None:
    before, weights = _open_quietly(folder).predict(noise), _members(folder / "model.keras")
    info = keep(folder, Chosen(threshold=0.42, positive="ill"))
    assert (info.threshold, info.positive, info.temperature) == (0.42, "ill", 1.0)
    assert _members(folder / "model.keras") == weights
    for opened in (_open_quietly(folder), NetModel.load(folder / "model.keras")):
        assert (opened.info.threshold, opened.info.positive) == (0.42, "ill")
    after = _open_quietly(folder)
    assert (after.predict(noise) == before).all()
    answers = api.predict(folder / "model.keras", noise)
    assert [a["predicted"] for a in answers] == [
        "ill" if p >= np.float32(0.42) else "well" for p in before[:, 0]
    ]
    keras.saving.load_model(folder / "model.keras", compile=False)


def test_a_kept_temperature_is_in_the_graph(folder: Path, noise: np.ndarray) -> None:
    before = _open_quietly(folder).predict(noise).astype(np.float64)
    keep(folder, Chosen(threshold=0.4, positive="well"))
    keep(folder, Chosen(temperature=2.0))
    info = keep(folder, Chosen(temperature=1.5))
    expected = before ** (1 / 3) / (before ** (1 / 3)).sum(axis=1, keepdims=True)
    assert info.temperature == pytest.approx(3.0)
    np.testing.assert_allclose(_open_quietly(folder).predict(noise), expected, atol=1e-5)
    np.testing.assert_allclose(NetModel.load(folder / "model.keras").predict(noise), expected, atol=1e-5)
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    (raw,) = session.run(None, {"pixels": noise.astype(np.float32)})
    np.testing.assert_allclose(raw, expected, atol=1e-5)
    assert info.threshold is not None
    assert ((expected[:, 1] >= info.threshold) == (before[:, 1] >= 0.4)).all()


def test_an_onnx_file_of_another_model_is_left_alone(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"no model")
    keep(folder / "model.keras", Chosen(threshold=0.3, positive="well"))
    assert (folder / "model.onnx").read_bytes() == b"no model"


def test_models_that_cannot_keep_anything(made: Path, tmp_path: Path) -> None:
    shutil.copy(made / "model.onnx", tmp_path)
    NetModel.load(made / "model.keras").keras_model.save(tmp_path / "foreign.keras")
    for name in ("model.onnx", "foreign.keras"):
        content = (tmp_path / name).read_bytes()
        with pytest.raises(ModelFileError):
            keep(tmp_path / name, Chosen(threshold=0.3, positive="well"))
        assert (tmp_path / name).read_bytes() == content


@pytest.fixture
def data(folder: Path, tmp_path: Path) -> dict[str, Any]:
    """Noise, sorted as the model would, but for each third image."""
    rng, model = np.random.default_rng(1), OnnxModel.load(folder / "model.onnx")
    for part, count in (("train", 80), ("test", 20)):
        images = rng.integers(0, 256, (count, *PIXELS.shape), dtype=np.uint8)
        above = model.predict(images)[:, 1]
        labels = (above > np.median(above)).astype(int)
        labels[::3] = rng.integers(0, 2, len(labels[::3]))
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            file = tmp_path / part / CLASSES[label] / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[..., 0]).save(file)
    folders = {"train_dir": str(tmp_path / "train"), "test_dir": str(tmp_path / "test")}
    return folders | {"image_size": 6, "validation_share": 0.5}


def test_evaluation_chooses_on_validation_and_keeps(folder: Path, data: dict[str, Any]) -> None:
    model = folder / "model.keras"
    got = api.evaluate(model, data, min_recall=0.9, positive="ill", calibrate=True, keep=True)
    chosen = got["chosen"]
    assert (chosen["on"], chosen["images"], chosen["positive"]) == ("val", 40, "ill")
    assert chosen["sensitivity"] >= 0.9
    assert got["images"] == 20
    assert got["threshold"] == chosen["threshold"]
    assert chosen["temperature"] != 1
    assert "ece_uncalibrated" in chosen

    again = api.evaluate(model, data, split="val")
    assert again["chosen"] is None
    assert (again["positive"], again["threshold"]) == ("ill", chosen["threshold"])
    assert again["sensitivity"] == pytest.approx(chosen["sensitivity"], abs=0.051)
    assert again["ece"] == pytest.approx(chosen["ece_after"], abs=1e-3)


def test_nothing_is_written_without_keep(folder: Path, data: dict[str, Any]) -> None:
    before = sha256_of(folder / "model.keras")
    got = api.evaluate(folder / "model.keras", data, costs=(1, 5))
    assert got["chosen"]["costs"] == [1, 5]
    assert sha256_of(folder / "model.keras") == before


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"min_recall": 0.9, "threshold": 0.3}, ParamError),
        ({"keep": True}, InputError),
        ({"min_recall": 0.9, "positive": "sick"}, ParamError),
    ],
)
def test_what_cannot_be_asked_for(
    folder: Path, data: dict[str, Any], options: dict[str, Any], error: type[Exception]
) -> None:
    before = sha256_of(folder / "model.keras")
    with pytest.raises(error):
        api.evaluate(folder / "model.keras", data, **options)
    assert sha256_of(folder / "model.keras") == before
