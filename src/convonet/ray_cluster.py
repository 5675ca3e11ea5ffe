"""The Ray cluster that work may be sent to: `RAY_ADDRESS` names it, without it Ray starts on this machine."""

from __future__ import annotations

import os
from typing import Any

from convonet.errors import ConvonetError, InputError

# Read by Ray when it is imported: nothing is told to anybody.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
_ADDRESS = "RAY_ADDRESS"


def connected(cores: int | None) -> Any:
    """The module ray, connected to the cluster.

    Args:
        cores: of a cluster that is started on this machine; None: all.

    Raises:
        InputError: Ray is not installed.
        ConvonetError: the cluster cannot be reached.
    """
    try:
        # Ray is an extra.
        import ray
    except ImportError as error:
        raise InputError("Ray is not installed", hint="Run pip install 'convonet[ray]'") from error
    # Ray raises an error when it is initialized twice in one process.
    if ray.is_initialized():
        return ray
    address = os.environ.get(_ADDRESS)
    # Ray refuses a number of cores for a cluster that is running already.
    local = {} if address else {"num_cpus": cores}
    try:
        ray.init(address=address, include_dashboard=None if address else False, log_to_driver=False, **local)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConvonetError(
            "No Ray cluster could be reached",
            where=address,
            received=first_line(error),
            hint="Start one with `ray start --head`, and set RAY_ADDRESS",
        ) from error
    return ray


def actor_variables(threads: int) -> dict[str, str]:
    """The environment of a process on the cluster that computes with so many threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {name: str(threads) for name in names} | {
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "torch")
    }


def first_line(error: Exception) -> str:
    """What an error of Ray says, without its traceback."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
