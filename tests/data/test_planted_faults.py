"""Faults planted in 7,500 photographs, and found again: the table of `docs/images.md`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from convonet.data.inspection import inspect_folder

sys.path.insert(0, str(Path(__file__).parent))
from planted_faults import BORDERED, plant, table

LEAST = {
    "exact duplicates": (1.0, 1.0),
    "near copies": (0.95, 0.95),
    "leaks": (1.0, 1.0),
    "conflicts": (1.0, 1.0),
    "blurred": (0.95, 0.8),
    "dark": (1.0, 1.0),
}


@pytest.mark.slow
def test_planted_faults_are_found_and_clean_photographs_have_no_shortcut(
    real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    source = real_data("cifar10_small")
    planted = plant(source, tmp_path / "set")
    clean = inspect_folder(source / "train", test=source / "test")
    assert clean.quality.shortcuts == ()
    found = inspect_folder(tmp_path / "set" / "train", test=tmp_path / "set" / "test")
    for row in table(planted, found, clean):
        sys.stdout.write(
            f"{row.check:13} {row.planted:4} {row.found:4} {row.recall:.3f} {row.precision:.3f}\n"
        )
        recall, precision = LEAST[row.check]
        assert row.recall >= recall, row
        assert row.precision >= precision, row
    (shortcut,) = found.quality.shortcuts
    assert (shortcut.cls, shortcut.cue) == (BORDERED, "border")
    assert shortcut.interval.low >= 0.9
