"""Model files of every format version still open and still give the numbers they gave."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from convonet.inference.model_info import ModelInfo
from convonet.inference.onnx_model import OnnxModel
from convonet.nets import NetModel
from convonet.params import PixelParams

FILES = Path(__file__).parent / "files"
IMAGES = (np.arange(60) * 4).astype(np.uint8).reshape(2, 6, 5, 1)
ANSWERS = [[0.20666677, 0.79333323], [0.48342857, 0.51657146]]
INFO = ModelInfo(
    classes=("东", "主"),
    pixels=PixelParams(6, 5, 1, "pad", "lanczos", "white"),
    scaling="symmetric",
    temperature=1.5,
    threshold=0.3,
    positive="主",
    family="simple",
    made_by="convonet 0.1.0",
)


def test_keras_file_of_version_1() -> None:
    model = NetModel.load(FILES / "v1.keras")
    assert model.info == INFO
    np.testing.assert_allclose(model.predict(IMAGES), ANSWERS, atol=1e-6)


def test_onnx_file_of_version_1() -> None:
    model = OnnxModel.load(FILES / "v1.onnx")
    assert model.info == INFO.changed(temperature=1.0, keras_sha256="0" * 64)
    np.testing.assert_allclose(model.predict(IMAGES), ANSWERS, atol=1e-6)
