"""`--part 1/4`: runs one part of the tests, so that a suite of hours can be run in several sittings.

A part consists of whole files, because the tests of a file share what their fixtures prepare.
"""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--part", type=read_part, metavar="N/M", help="run the N-th of M parts of similar length, such as 1/4"
    )


def read_part(text: str) -> tuple[int, int]:
    """N and M of "N/M"."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f'"{text}" is not a part. Write N/M with 1 ≤ N ≤ M, such as 1/4.')
    return int(match[1]), int(match[2])


# First: the parts must not depend on what -m and -k leave.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests of the chosen part."""
    chosen: tuple[int, int] | None = config.getoption("part")
    if chosen is None:
        return
    number, parts = chosen
    part_of = split(_costs(items, config.rootpath), parts)
    others = [item for item in items if part_of[_file(item, config.rootpath)] != number]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if part_of[_file(item, config.rootpath)] == number]


def split(costs: dict[str, tuple[int, int]], parts: int) -> dict[str, int]:
    """Divide files among parts: the most expensive file first, each to the part that has least so far.

    Args:
        costs: number of slow tests and of all tests of each file.
        parts: how many parts, at least 1.

    Returns:
        The part of each file, from 1. It depends on nothing but the arguments.
    """
    # Slow tests decide. The others only keep the parts alike where the slow ones are even.
    sums = {part: (0, 0) for part in range(1, parts + 1)}
    part_of = {}
    for file in sorted(costs, key=lambda file: (-costs[file][0], -costs[file][1], file)):
        part = min(sums, key=lambda part: (sums[part], part))
        part_of[file] = part
        sums[part] = (sums[part][0] + costs[file][0], sums[part][1] + costs[file][1])
    return part_of


def _costs(items: list[pytest.Item], root: Path) -> dict[str, tuple[int, int]]:
    """Slow tests and all tests of each file."""
    tests = Counter(_file(item, root) for item in items)
    slow = Counter(_file(item, root) for item in items if item.get_closest_marker("slow"))
    return {file: (slow[file], tests[file]) for file in tests}


def _file(item: pytest.Item, root: Path) -> str:
    """The file of a test, the same on every machine."""
    return Path(os.path.relpath(item.path, root)).as_posix()
