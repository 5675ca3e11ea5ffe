"""What opening a model file may take in a worker: Linux ends what takes too long, and lets no memory be had beyond."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bounds are Linux's")
_HEAD = """
import signal
import numpy
from convonet import own_process
def opened(size, work):
    with own_process.opening_limits(size):
        work()
"""


def ended(body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _HEAD + body], capture_output=True, text=True, timeout=240, check=False
    )


def test_too_long_ends_the_process() -> None:
    # One operation in C holds the interpreter: no thread of Python gets a turn.
    body = "own_process.be_expendable()\nown_process.OPENING_SECONDS = 0.3\nopened(0, lambda: 7 ** (10**9))"
    assert ended(body).returncode == -signal.SIGALRM


def test_too_much_memory_is_an_error() -> None:
    body = """
own_process.be_expendable()
try:
    opened(0, lambda: numpy.ones(2 * 2**30, numpy.uint8))
except MemoryError:
    print("refused")
numpy.ones(2**30 + 2**28, numpy.uint8)
print(*signal.getitimer(signal.ITIMER_REAL))
"""
    assert ended(body).stdout.splitlines() == ["refused", "0.0 0.0"]


def test_a_process_that_is_no_worker_is_not_bounded() -> None:
    body = """
def large():
    numpy.ones(3 * 2**29, numpy.uint8)
    print(*signal.getitimer(signal.ITIMER_REAL))
opened(0, large)
"""
    assert ended(body).stdout == "0.0 0.0\n"
