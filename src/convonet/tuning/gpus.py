"""GPUs for trainings side by side: what is free on them, and how many trainings that holds."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

VISIBLE = "CUDA_VISIBLE_DEVICES"
_QUERY = ("--query-gpu=memory.free", "--format=csv,noheader,nounits")
_USABLE = 0.9
_CONTEXT = 600 * 2**20
"""What CUDA itself takes of a GPU for each process."""


@dataclass(frozen=True)
class Gpu:
    """One GPU: its name for `CUDA_VISIBLE_DEVICES`, and its free bytes; 0 where they are not known."""

    name: str
    free: int


def _ask(arguments: Sequence[str]) -> str | None:
    """What nvidia-smi prints; None where there is none or it refuses."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def find_gpus(ask: Callable[[Sequence[str]], str | None] = _ask) -> list[Gpu]:
    """The GPUs that this process may use, without loading anything that computes on them.

    Args:
        ask: given arguments of nvidia-smi, gives what it prints, or None.
    """
    visible = os.environ.get(VISIBLE)
    names = None if visible is None else [name for name in visible.split(",") if name and name != "-1"]
    if names == []:
        return []
    output = ask([*(["-i", ",".join(names)] if names else []), *_QUERY])
    lines = [line.strip() for line in (output or "").splitlines()]
    free = [int(line) * 2**20 if line.isdigit() else 0 for line in lines if line]
    if names is None:
        names = [str(index) for index in range(len(free))]
    if len(free) != len(names):
        # Somebody who names GPUs has them, whatever nvidia-smi makes of the names.
        free = [0] * len(names)
    return [Gpu(name, count) for name, count in zip(names, free, strict=True)]


@dataclass
class GpuRoom:
    """How many trainings fit, as far as is known.

    Attributes:
        gpus: as they were before the first training.
        most: trainings side by side at most.
        asked: the person has asked for `most`; then it is not lowered.
        largest: bytes of GPU memory that the largest training so far has taken; 0: not known.
    """

    gpus: Sequence[Gpu]
    most: int
    asked: bool = False
    largest: int = 0

    def learn(self, count: int) -> None:
        """A training has taken so many bytes."""
        self.largest = max(self.largest, count)

    def jobs(self) -> int:
        """Trainings side by side; one a GPU until the first has told its need."""
        return self.most if self.asked else min(self.most, sum(self._each()))

    def choose(self, used: Sequence[str]) -> str:
        """The name of the GPU for one more training.

        Args:
            used: names of the GPUs of the present ones, one a training.
        """
        count = Counter(used)
        each = {gpu.name: room for gpu, room in zip(self.gpus, self._each(), strict=True)}
        return max(each, key=lambda name: (each[name] - count[name]) / each[name])

    def _each(self) -> list[int]:
        need = self.largest + _CONTEXT
        return [max(1, int(_USABLE * gpu.free / need)) if self.largest else 1 for gpu in self.gpus]
