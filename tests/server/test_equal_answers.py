"""The server answers as the trained network itself does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from convonet.data.decode import read_image
from convonet.nets import NetModel

from .conftest import CLASSES, Served


def test_200_png_and_jpeg_files_are_answered_as_keras_does(shared: Served, tmp_path: Path) -> None:
    files = []
    for number in range(100):
        rng = np.random.default_rng(number)
        pixels = rng.integers(0, 256, (*rng.integers(5, 40, 2), 3), dtype=np.uint8)
        for suffix in ("png", "jpg"):
            files.append(tmp_path / f"{number}.{suffix}")
            Image.fromarray(pixels).resize((31, 17)).save(files[-1])
    answers = []
    for start in range(0, len(files), 50):
        part = [("files", (file.name, file.read_bytes())) for file in files[start : start + 50]]
        said = shared.client.post(f"/runs/{shared.run}/predict?top={len(CLASSES)}", files=part)
        answers += said.json()["predictions"]
    model = NetModel.load(shared.root / "runs" / shared.run / "model.keras")
    expected = model.predict(np.stack([read_image(file, model.info.pixels) for file in files]))
    found = [{item["class"]: item["probability"] for item in answer["top"]} for answer in answers]
    assert [answer["path"] for answer in answers] == [file.name for file in files]
    assert np.abs(np.array([[each[name] for name in CLASSES] for each in found]) - expected).max() <= 1e-5
