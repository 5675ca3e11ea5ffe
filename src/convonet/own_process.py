"""How processes of our own are set up: they import much, compute long with large maps, and then end."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_TUNABLES = "GLIBC_TUNABLES"
_LARGE_PAGES = "glibc.malloc.hugetlb"
_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"
_OBJECTS_BETWEEN_LOOKS = 100_000
OPENING_SECONDS = 45.0
"""How long a model file may take to be opened in a process of ours."""
_OPENING_BYTES = 2**30
_BYTES_A_BYTE = 6
_expendable: ContextVar[bool] = ContextVar("expendable", default=False)


def with_large_pages(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment whose processes ask Linux for memory in pages of 2 MiB where it has them.

    Feature maps of some megabytes are thousands of small pages, and finding these takes a fifth of a training step.
    Only glibc reads the variable, when a process starts; what the person has set there stays.
    """
    said = environment.get(_TUNABLES, "")
    if _LARGE_PAGES in said:
        return dict(environment)
    return dict(environment) | {_TUNABLES: ":".join(filter(None, (said, f"{_LARGE_PAGES}=1")))}


NO_ROOM_CODE = 74
"""The exit code of a child that found no room on a disk, and so could not write down why it ended."""

FOLDER = "CONVONET_FOLDER"
"""The variable that tells a child the folder which relative paths are meant from."""


AS_PYTHON = "--as-python"
"""The first word that tells the program of a bundle to act as Python does: `-m MODULE …` or `-c CODE …`."""


def python_words(*words: str) -> list[str]:
    """The command of a Python process that imports nothing from the folder in which it stands.

    A file `random.py` beside a person's images is the person's: without this it would be run in place of Python's own.
    """
    return [sys.executable, AS_PYTHON if is_bundled() else "-P", *words]


def isolated_words(module: str, file: str | None) -> list[str]:
    """The command of a module that needs the standard library alone, so that it starts at once."""
    if is_bundled() or file is None:
        return python_words("-m", module)
    return [sys.executable, "-I", "-S", file]


def is_bundled() -> bool:
    """Whether this is a bundle made by PyInstaller, whose program is no Python."""
    return bool(getattr(sys, "frozen", False))


def child_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of such a process, which starts in `neutral_folder`.

    Entries of PYTHONPATH mean what they mean here; the folder in which we stand is left out, unless it holds us.
    """
    given = os.environ if environment is None else environment
    child, paths = dict(given), given.get("PYTHONPATH", "")
    here = os.path.realpath(os.curdir)
    known = [os.path.abspath(path) for path in paths.split(os.pathsep) if path]
    kept = [path for path in known if os.path.realpath(path) != here or (Path(path) / "convonet").is_dir()]
    if paths:
        child["PYTHONPATH"] = os.pathsep.join(kept)
    return child | {FOLDER: os.getcwd()}


def neutral_folder() -> str:
    """Where a child starts: a folder in which nobody keeps settings or modules."""
    return sys.prefix


def enter_folder() -> None:
    """Go to the folder that the parent stands in; called by a child that has been imported."""
    folder = os.environ.get(FOLDER)
    if folder and os.path.isdir(folder):
        os.chdir(folder)


def import_quickly() -> None:
    """Let imports of this process take less time; called before them.

    Python looks for cycles after 100,000 new objects instead of 700: imports make many that stay. And pydantic does
    not read the description of every installed package in search of plugins, unless the person has said otherwise.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
    os.environ.setdefault(_PLUGINS, "__all__")


def end_at_once() -> None:
    """Let Python not look for cycles when it ends: the process goes, and what it holds with it."""
    atexit.register(gc.freeze)


def be_expendable() -> None:
    """Say that this process is a worker: it may be ended when a model file takes too long or too much memory."""
    _expendable.set(True)


@contextmanager
def opening_limits(file_bytes: int) -> Iterator[None]:
    """While a model file is opened in a worker: bounds on time and memory that Linux itself enforces.

    A file can keep a library busy without an end, and no thread of Python gets a turn meanwhile. So an alarm of the
    system ends the process; its owner says why. Beyond the bound on memory, allocations fail. In other processes
    nothing is bounded.

    Args:
        file_bytes: size of the file; a network takes some times as much memory.
    """
    if not _expendable.get() or sys.platform != "linux":
        yield
        return
    # Windows has no such module.
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    most = _data_bytes() + _OPENING_BYTES + _BYTES_A_BYTE * file_bytes
    # Linux refuses a soft limit above the hard one.
    soft = most if before[1] == resource.RLIM_INFINITY else min(most, before[1])
    signal.setitimer(signal.ITIMER_REAL, OPENING_SECONDS)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _data_bytes() -> int:
    """What Linux counts of this process against the bound on memory."""
    with open("/proc/self/status", encoding="ascii") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["VmData"].split()[0]) * 1024
