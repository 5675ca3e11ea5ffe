"""Processes of our own: their memory in large pages, and no needless look for garbage."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import convonet
from convonet.own_process import with_large_pages

LARGE = "glibc.malloc.hugetlb=1"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, LARGE),
        ({"GLIBC_TUNABLES": "glibc.malloc.check=1"}, f"glibc.malloc.check=1:{LARGE}"),
        ({"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"}, "glibc.malloc.hugetlb=0"),
        ({"HOME": "there"}, LARGE),
    ],
)
def test_what_the_person_has_set_stays(before: dict[str, str], after: str) -> None:
    made = with_large_pages(before)
    assert made["GLIBC_TUNABLES"] == after
    assert before.items() - made.items() <= {("GLIBC_TUNABLES", before.get("GLIBC_TUNABLES"))}


LISTS = """
import gc, sys
import convonet.tuning.preloaded
assert "convonet.training.net_training" in sys.modules and "keras" in sys.modules
print(gc.get_threshold()[0], gc.get_freeze_count(), gc.isenabled())
"""


def test_trainers_are_forked_from_a_process_whose_objects_stay() -> None:
    source = Path(convonet.__file__).parents[1]
    environment = with_large_pages(os.environ) | {"PYTHONPATH": str(source)}
    said = subprocess.run(
        [sys.executable, "-c", LISTS], env=environment, capture_output=True, text=True, check=True
    )
    threshold, frozen, enabled = said.stdout.split()
    assert int(threshold) == 100_000
    assert int(frozen) > 100_000
    assert enabled == "True"


ENDS = """
import os
from convonet.own_process import end_at_once

class Ring:
    def __init__(self):
        self.itself = self

    def __del__(self, write=os.write):
        write(1, b"looked through")

if {at_once}:
    end_at_once()
Ring()
"""


@pytest.mark.parametrize(("at_once", "said"), [(False, "looked through"), (True, "")])
def test_nothing_is_looked_through_at_the_end(at_once: bool, said: str) -> None:
    source = Path(convonet.__file__).parents[1]
    code = ENDS.format(at_once=at_once)
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == said
