"""How processes of our own are set up: they import much, compute long with large maps, and then end."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path

_TUNABLES = "GLIBC_TUNABLES"
_LARGE_PAGES = "glibc.malloc.hugetlb"
_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"
_OBJECTS_BETWEEN_LOOKS = 100_000


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


def python_words(*words: str) -> list[str]:
    """The command of a Python process that imports nothing from the folder in which it stands.

    A file `random.py` beside a person's images is the person's: without this it would be run in place of Python's own.
    """
    return [sys.executable, "-P", *words]


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
