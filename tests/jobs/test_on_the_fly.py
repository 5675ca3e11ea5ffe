"""A training whose images are decoded while it runs is the training on prepared images, to the last digit."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from convonet import api
from convonet.home import home


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory, digits: Path) -> Path:
    """Twelve images of three classes, to train on and to test on."""
    folder = tmp_path_factory.mktemp("few")
    for split in ("train", "test"):
        for name in "357":
            (folder / split / name).mkdir(parents=True)
            for path in sorted((digits / split / name).iterdir())[:12]:
                shutil.copy(path, folder / split / name)
    return folder


@pytest.mark.parametrize(
    "values",
    [
        {"rotation": 10.0, "flip_horizontal": True, "cutmix": 0.5},
        pytest.param({}, marks=pytest.mark.slow),
    ],
    ids=["augmented", "plain"],
)
def test_history_and_predictions_are_equal_and_the_disk_stays_free(
    values: dict[str, Any], few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hyper = {"family": "dense", "hidden_units": [8], "batch_size": 8, "epochs": 2, **values}
    found = []
    for limit in (None, 0.0):
        monkeypatch.setenv("CONVONET_HOME", str(tmp_path / f"home{limit}"))
        data = {"train_dir": str(few / "train"), "test_dir": str(few / "test"), "image_size": 12}
        run = api.train(data | {"prepared_limit": limit}, hyper, out=tmp_path, name=f"run{limit}", threads=1)
        pixels = sum(path.stat().st_size for path in (home() / "cache").rglob("pixels.u8"))
        assert (pixels == 0) == (limit == 0.0)
        found.append([(run.path / name).read_text("utf-8") for name in ("history.csv", "predictions.csv")])
    assert found[0] == found[1]
