"""Who trains: the interface of all executors, and the choice between them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol

from convonet.errors import InputError
from convonet.runs.trials import FoldKey
from convonet.tuning.fold_data import FoldData
from convonet.tuning.gpus import GpuRoom, find_gpus
from convonet.tuning.messages import Message, TrainerSettings
from convonet.tuning.units import Unit


class Executor(Protocol):
    """Trains units side by side. Used by one thread; `close` ends everything that it started."""

    def free(self) -> int:
        """How many more units can be taken now."""

    def submit(self, unit: Unit) -> None:
        """Let a free trainer begin with a unit."""

    def wait(self, seconds: float) -> list[Message]:
        """What trainers have told since the last call; waits at most so long for the first of it."""

    def prune(self, unit: FoldKey) -> None:
        """End a unit's training early; it still ends with `UnitEnded`."""

    def close(self) -> None:
        """Stop all trainers at once. What they were training is lost."""


def get_ready(name: str) -> None:
    """Begin with what takes long before an executor can be made, in the background.

    Raises:
        InputError: Ray is wanted and not installed.
    """
    if name == "ray":
        check_ray()
    if name == "local":
        # A search on a cluster starts no processes here.
        from convonet.tuning.local_executor import load_trainers

        if not find_gpus():
            load_trainers()


def check_ray() -> None:
    """Raise InputError unless Ray is installed."""
    if find_spec("ray") is None:
        raise InputError("Ray is not installed", hint="Run pip install 'convonet[ray]'")


def create_executor(
    name: str, data: FoldData, settings: TrainerSettings, jobs: int | None, cores: int
) -> Executor:
    """The executor `local` or `ray`.

    Args:
        jobs: trainings side by side; None: as many as `cores` and GPUs of this machine, or all of the
            cluster, allow.

    Raises:
        ConvonetError: Ray is not installed, or no cluster could be reached.
    """
    if name == "ray":
        # Ray is an extra; its module is loaded where it is asked for alone.
        from convonet.tuning.ray_executor import RayExecutor

        return RayExecutor(data, settings, jobs)
    # A search on a cluster starts no processes here.
    from convonet.tuning.local_executor import LocalExecutor

    most, gpus = jobs or max(1, cores // settings.threads), find_gpus()
    room = GpuRoom(gpus, most, asked=jobs is not None) if gpus else None
    return LocalExecutor(data, settings, most, room)
