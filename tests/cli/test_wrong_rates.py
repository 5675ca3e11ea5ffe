"""Learning rates that ruin a network: no recipe ends below the baseline, and a network by itself says what happened."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet

pytestmark = [pytest.mark.slow, pytest.mark.data, pytest.mark.timeout(600)]
_TOO_HIGH, _TOO_LOW = 0.05, 3e-6
"""Ten times the highest rate of the recipes, and a hundredth of the lowest."""
_KEPT = {"flowers_128": (40, 20), "chest_xray_28": (100, 40)}
"""Images a class for training and for testing."""


def _cut(source: Path, target: Path, train: int, test: int) -> Path:
    for part, count in (("train", train), ("test", test)):
        for folder in sorted((source / part).iterdir()):
            (target / part / folder.name).mkdir(parents=True)
            for path in sorted(folder.iterdir())[:count]:
                shutil.copyfile(path, target / part / folder.name / path.name)
    return target


@pytest.mark.parametrize("rate", [_TOO_HIGH, _TOO_LOW])
@pytest.mark.parametrize("recipe", ["auto", "fast", "best"])
@pytest.mark.parametrize("name", list(_KEPT))
def test_no_recipe_ends_below_the_baseline(
    convonet: Convonet,
    real_data: Callable[[str], Path],
    tmp_path: Path,
    name: str,
    recipe: str,
    rate: float,
) -> None:
    images = _cut(real_data(name), tmp_path / "images", *_KEPT[name])
    words = ["--recipe", recipe, "--minutes", 0.7, "--set", f"init_rate={rate}", "--out", tmp_path, "--json"]
    done = convonet("train", images, *words)
    assert done.code == 0, done.err
    test = done.json()["test"]
    assert test["accuracy"] > test["baseline_accuracy"]


@pytest.mark.parametrize(
    ("rate", "advice"), [(_TOO_HIGH * 10, "too high: lower it"), (1e-4, "larger"), (3e-7, "larger")]
)
def test_a_network_by_itself_names_the_collapse_first(
    convonet: Convonet, real_data: Callable[[str], Path], tmp_path: Path, rate: float, advice: str
) -> None:
    images = _cut(real_data("flowers_128"), tmp_path / "images", *_KEPT["flowers_128"])
    words = ["--recipe", "none", "--set", f"init_rate={rate}", "--set", "epochs=8", "--out", tmp_path]
    done = convonet("train", images, *words)
    assert done.code == 0, done.err
    first = done.err.split("What you can do next:\n")[1].splitlines()[0]
    assert "no better than always predicting the most common class" in first
    assert advice in first
