"""The suite in parts: each test is in exactly one, and each part has its share of the slow tests."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from parts import read_part, split

_SLOW = "import pytest\n@pytest.mark.slow\n@pytest.mark.parametrize('case', range({}))\ndef test_slow(case): pass\n"
_FILES = {
    "test_a.py": _SLOW.format(3) + "def test_quick(): pass\n",
    "test_b.py": _SLOW.format(2),
    "test_c.py": _SLOW.format(1),
    "test_d.py": "def test_quick(): pass\n",
    "below/test_a.py": "def test_first(): pass\ndef test_second(): pass\n",
}


@pytest.fixture
def collect(tmp_path: Path):
    """`collect(*options)`: exit code, the tests that pytest would run, and its errors."""
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nmarkers = slow\naddopts = --import-mode=importlib -p no:cacheprovider -p parts\n"
    )
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parent),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }

    def run(*options: str) -> tuple[int, list[str], str]:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", *options],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return done.returncode, [line for line in done.stdout.splitlines() if "::" in line], done.stderr

    return run


def test_each_test_is_in_exactly_one_part(collect) -> None:
    _, everything, _ = collect()
    first, second = (collect("--part", part)[1] for part in ("1/2", "2/2"))
    assert len(everything) == 10
    assert sorted(first + second) == sorted(everything)
    assert [sum("test_slow" in test for test in part) for part in (first, second)] == [3, 3]


def test_a_selection_does_not_move_tests_to_another_part(collect) -> None:
    # If the split saw quick tests alone, both files would be in the second part.
    _, quick, _ = collect("--part", "1/2", "-m", "not slow")
    assert quick == ["test_a.py::test_quick", "test_d.py::test_quick"]


@pytest.mark.parametrize("part", ["5/4", "0/4", "1", "a/b", "1/0", "-1/4"])
def test_what_is_not_a_part_is_refused(part: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f'"{part}" is not a part. Write N/M with 1 ≤ N ≤ M'):
        read_part(part)


def test_a_refused_part_runs_nothing(collect) -> None:
    code, tests, errors = collect("--part=5/4")
    assert (code, tests) == (pytest.ExitCode.USAGE_ERROR, [])
    assert '"5/4" is not a part.' in errors


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 7, 200])
def test_parts_are_alike_whatever_the_order_of_the_files(parts: int) -> None:
    costs = {f"test_{number:03}.py": (number * number % 23, 1 + number % 11) for number in range(150)}
    part_of = split(costs, parts)
    assert part_of == split(dict(reversed(costs.items())), parts)
    assert part_of.keys() == costs.keys()
    slow = [
        sum(costs[file][0] for file, part in part_of.items() if part == number)
        for number in range(1, parts + 1)
    ]
    assert max(slow) - min(slow) <= max(cost for cost, _ in costs.values())
