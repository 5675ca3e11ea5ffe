"""Images in a report's page."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convonet.reports.pictures import Pictures


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (5, 4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_of_one_row_or_column_is_shown(
    shape: tuple[int, int], channels: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (2, *shape, channels), dtype=np.uint8)
    np.savez(tmp_path / "set.npz", x_train=pixels, y_train=[0, 1])
    Image.fromarray(np.full(shape, 7, np.uint8)).save(tmp_path / "a.png")
    uri = Pictures(tmp_path).uri("a.png")
    assert uri is not None
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as picture:
        assert (picture.height > picture.width) == (shape[0] > shape[1])
    assert Pictures(tmp_path / "set.npz").uri("set.npz#x_train/1") is not None
