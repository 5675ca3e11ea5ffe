"""`augment` and `find-rate` from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "convonet", *arguments], capture_output=True, text=True, check=False
    )


def test_a_page_of_augmented_images(digits: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.png"
    made = _run(
        "augment", "--train-dir", str(digits / "train"), "--set", "rotation=20", "--out", str(out), "--json"
    )
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout) == {"path": str(out), "images": 6, "copies": 7, "written": 0}
    with Image.open(out) as page:
        assert page.width > 500


@pytest.mark.slow
def test_the_rate_finder(digits: Path, tmp_path: Path) -> None:
    out = tmp_path / "rates.png"
    made = _run(
        "find-rate", "--train-dir", str(digits / "train"), "--set", "family=dense", "--steps", "60",
        "--out", str(out), "--threads", "1", "--json",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    found = json.loads(made.stdout)
    assert 1e-4 < found["suggested"] < 1
    assert len(found["rates"]) == len(found["losses"])
    assert out.stat().st_size > 5000
