"""What a run remembers of the place where it was made: versions, machine, command."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata

from convonet import documents
from convonet._version import __version__

_PACKAGES = (
    "keras",
    "torch",
    "jax",
    "tensorflow",
    "numpy",
    "pillow",
    "opencv-python-headless",
    "onnx",
    "onnxruntime",
)


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    # Not at the top: Linux, where the window asks for the cores at its start, does without.
    import psutil

    return (
        len(psutil.Process().cpu_affinity())
        if hasattr(psutil.Process, "cpu_affinity")
        else os.cpu_count() or 1
    )


def process_exists(process: int) -> bool:
    """Whether there is a process with this number."""
    # Not at the top: the window opens without asking for a process, and importing psutil would delay it.
    import psutil

    return bool(psutil.pid_exists(process))


def versions() -> dict[str, str]:
    """Versions of Convonet, Python and the packages that decide numbers; absent ones are left out."""
    found = {"convonet": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> documents.Machine:
    """Platform, processor, cores and memory; the host's name stays out of it."""
    # Not at the top, for the same reason.
    import psutil

    return documents.Machine(
        platform=platform.platform(),
        processor=processor_name(),
        cores=available_cores(),
        memory_bytes=psutil.virtual_memory().total,
    )


def processor_name() -> str:
    """The processor as the system names it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def command() -> list[str]:
    """The command line of this process, the program by its name only."""
    return [os.path.basename(sys.argv[0]) or "python", *sys.argv[1:]]
